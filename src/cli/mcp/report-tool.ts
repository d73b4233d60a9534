/** The tool that reports: what an agent used. A call that is repeated under its key counts once. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { usageMode } from '../../events/catalogue/usage.js';
import { foldCase } from '../../events/names.js';
import { limits } from '../../limits.js';
import { durationText } from '../../text/duration.js';
import { ToolError } from './daemon.js';
import { type Call, tool } from './tool.js';

const keyPrefix = 'mcp:';
const digestCharacters = 32;
/** What is left of a key beside its agent. */
const keyCharactersMax = limits.keyCharactersMax - digestCharacters - `${keyPrefix}:`.length;

/** Agents have keys of their own, in whichever spelling they are named; a name may be long, and hold what stands between the two. */
function keyFor(agent: string, key: string): string {
  const digest = createHash('sha256').update(foldCase(agent)).digest('hex').slice(0, digestCharacters);
  return `${keyPrefix}${digest}:${key}`;
}

const count = z.int().min(0).max(limits.tokensMax).optional();
const text = z.string().min(1).max(limits.textCharactersMax).optional();

const input = z.strictObject({
  idempotency_key: z
    .string()
    .min(1)
    .max(keyCharactersMax)
    .describe(
      'Names this piece of work, e.g. a task id and a number. Give the same one when you repeat a call whose answer you did not get: it counts once. Give a new one for new work.',
    ),
  cost_usd: z
    .number()
    .min(0)
    .max(limits.costMicroUsdMax / 1e6)
    .optional()
    .describe(
      'What it cost, in US dollars. Leave it out where you do not know it: it is worked out from model and tokens.',
    ),
  input_tokens: count.describe('Without what was read from the cache.'),
  output_tokens: count,
  cache_read_tokens: count,
  cache_write_tokens: count,
  total_tokens: count.describe('Where only the sum is known.'),
  model: text.describe('The model that was used, as its provider names it.'),
  session: text.describe('The session it was used in.'),
  project: text.describe('The project it was used for.'),
  mode: usageMode
    .default('autonomy')
    .describe('`autonomy`: the agent worked by itself; `collaboration`: a person worked with it.'),
});

interface Recorded {
  readonly status: 'recorded' | 'repeated';
  readonly seq?: number;
  readonly notes?: readonly string[];
  readonly advice?: { readonly interval_s: number; readonly quota_paused: boolean; readonly reason: string };
}

export const reportUsage = tool({
  name: 'report_usage',
  title: 'Report use',
  description:
    'Records what this agent has just used of the shared quota: what it cost, or its tokens by kind. The answer says when the agent is to run again. Report each piece of work once, and only what you know: do not guess figures. Where the client of this agent is read already (by telemetry, transcripts or a status line), do not report the same use here.',
  input,
  output: z.object({
    agent: z.string(),
    status: z.enum(['recorded', 'repeated']).describe('`repeated`: it was recorded before under this key.'),
    seq: z.int().nullable().describe('Its place in the log.'),
    interval_s: z.int().nullable().describe('Seconds from the start of this run to the start of the next.'),
    quota_full: z.boolean().nullable().describe('A window is used up: the interval leads to its reset.'),
    reason: z.string().nullable(),
    notes: z.array(z.string()).describe('What came of it beside what was asked.'),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  isOfAgent: true,
  async answer(use, call) {
    const { daemon, agent, signal } = call;
    const key = keyFor(agent, use.idempotency_key);
    const {
      status,
      seq,
      advice,
      notes = [],
    } = (await daemon.record('usage.recorded', key, payloadOf(await knownName(call), use), signal)) as Recorded;
    const output = {
      agent,
      status,
      seq: seq ?? null,
      interval_s: advice?.interval_s ?? null,
      quota_full: advice?.quota_paused ?? null,
      reason: advice?.reason ?? null,
      notes: [...notes],
    };
    const recorded = status === 'recorded' ? 'Recorded.' : 'It was recorded before, and counts once.';
    const next =
      advice === undefined
        ? ''
        : ` ${agent} is to run again ${durationText(advice.interval_s)} after this run began. Why: ${advice.reason}`;
    return { output, text: [`${recorded}${next}`, ...notes].join('\n') };
  },
});

/** As the ledger writes it, so that a call which is repeated in another spelling is the same request. A name that nobody has stays. */
async function knownName({ daemon, agent, signal }: Call): Promise<string> {
  try {
    return ((await daemon.get(`v1/advice/${encodeURIComponent(agent)}`, signal)) as { identity: string }).identity;
  } catch (error) {
    if (error instanceof ToolError && error.code === 'identity_unknown') return agent;
    throw error;
  }
}

/** Throws where it says of nothing how much it was. */
function payloadOf(name: string, use: z.infer<typeof input>): object {
  const { cost_usd: cost, mode, model, session, project } = use;
  const tokens = {
    input: use.input_tokens,
    output: use.output_tokens,
    cache_read: use.cache_read_tokens,
    cache_write_5m: use.cache_write_tokens,
    total: use.total_tokens,
  };
  const hasTokens = Object.values(tokens).some((one) => one !== undefined);
  if (cost === undefined && !hasTokens)
    throw new ToolError('What was used? Give cost_usd, or tokens: nothing was recorded.', 'request_invalid');
  return {
    name,
    mode,
    model,
    session,
    project,
    ...(cost === undefined ? {} : { cost_micro_usd: Math.round(cost * 1e6) }),
    ...(hasTokens ? { tokens } : {}),
  };
}
