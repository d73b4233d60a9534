/** Tools that look: whether an agent may run, what its share is, and how full the quota windows are. */
import * as z from 'zod';
import type { PublishedWindow } from '../../status/published.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { fractionText, percentText } from '../../text/percent.js';
import { ToolError } from './daemon.js';
import { type Call, looksOnly, tool } from './tool.js';

interface Advice {
  readonly identity: string;
  readonly may_run: boolean;
  readonly wait_s: number | null;
  readonly next_run_at: string | null;
  readonly told_interval_s: number | null;
  readonly state: string;
  readonly advice: { readonly interval_s: number; readonly recheck_after_s: number | null; readonly reason: string };
  readonly figures: {
    readonly share: number;
    readonly used_micro_usd: number;
    readonly balance_micro_usd: number;
    readonly rate_usd_per_hour: number;
    readonly equal_rate_usd_per_hour: number;
    readonly conduct: string | null;
  } | null;
}

async function adviceOf({ daemon, agent, signal }: Call): Promise<Advice> {
  try {
    return (await daemon.get(`v1/advice/${encodeURIComponent(agent)}`, signal)) as Advice;
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'identity_unknown') throw error;
    throw new ToolError(
      `Nobody here is called ${agent}. An agent is known from its first report on (report_usage), or when somebody registers it (\`resource-share identities add\`). Check the name first.`,
      error.code,
    );
  }
}

const runFields = z.object({
  agent: z.string(),
  may_run: z.boolean(),
  wait_s: z
    .int()
    .nullable()
    .describe(
      'Seconds until it may; null: until a person resumes it, where it is paused, or reinstates it, where it is retired.',
    ),
  next_run_at: z.string().nullable().describe('When it may, ISO 8601.'),
  interval_s: z.int().describe('Seconds from the start of one run to the start of the next.'),
  ask_again_s: z.int().nullable().describe('After how many seconds to ask again while it waits; null: not needed.'),
  state: z.string().describe('How the agent stands, in a word.'),
  reason: z.string(),
});

export const mayIRun = tool({
  name: 'may_i_run',
  title: 'May I run?',
  description:
    'Says whether this agent may begin a piece of work now, how long it is to wait if not, and why. The quota is shared with other agents: call this before each run, and again after `ask_again_s` while you wait. It changes nothing. Where the answer is no, stop, and tell the user until when.',
  input: z.strictObject({}),
  output: runFields,
  annotations: looksOnly,
  isOfAgent: true,
  async answer(_, call) {
    const { identity, may_run, wait_s, next_run_at, told_interval_s, state, advice } = await adviceOf(call);
    const output = {
      agent: identity,
      may_run,
      wait_s,
      next_run_at,
      interval_s: told_interval_s ?? advice.interval_s,
      ask_again_s: may_run ? null : advice.recheck_after_s,
      state,
      reason: advice.reason,
    };
    return { output, text: `${runText(output)} Why: ${advice.reason}` };
  },
});

function runText({ agent, may_run, wait_s, next_run_at, state }: z.infer<typeof runFields>): string {
  if (may_run) return `Yes: ${agent} may run now.`;
  if (state === 'retired') return `No: ${agent} is retired.`;
  if (wait_s === null) return `No: ${agent} is paused until somebody resumes it.`;
  return `No: ${agent} is to wait ${durationText(wait_s)}, until ${next_run_at}.`;
}

export const myShare = tool({
  name: 'my_share',
  title: 'My share',
  description:
    'Says what part of the shared quota this agent is entitled to, what it has used in the current period, whether it is ahead of the others or behind them, and how much it may use per hour. It changes nothing.',
  input: z.strictObject({}),
  output: z.object({
    agent: z.string(),
    share: z
      .number()
      .nullable()
      .describe('Its part, 0 to 1; null: it has none, as it is retired or was never counted.'),
    used_usd: z.number().nullable().describe('What counts as used for its share in the current period.'),
    balance_usd: z.number().nullable().describe('Above 0: it is behind the others; below 0: ahead of them.'),
    rate_usd_per_hour: z.number().nullable().describe('What it may use while it runs.'),
    equal_rate_usd_per_hour: z.number().nullable().describe('The same at an equal weighted share.'),
    conduct: z.string().nullable().describe('Whether it keeps to its intervals: compliant, demand, rogue or on.'),
    reason: z.string(),
  }),
  annotations: looksOnly,
  isOfAgent: true,
  async answer(_, call) {
    const { identity, figures, advice } = await adviceOf(call);
    const used = figures === null ? null : figures.used_micro_usd / 1e6;
    const balance = figures === null ? null : figures.balance_micro_usd / 1e6;
    const output = {
      agent: identity,
      share: figures?.share ?? null,
      used_usd: used,
      balance_usd: balance,
      rate_usd_per_hour: figures?.rate_usd_per_hour ?? null,
      equal_rate_usd_per_hour: figures?.equal_rate_usd_per_hour ?? null,
      conduct: figures?.conduct ?? null,
      reason: advice.reason,
    };
    if (figures === null) return { output, text: `${identity} has no share of the quota.` };
    const stands = `${usdText(Math.abs(balance ?? 0))} ${(balance ?? 0) < 0 ? 'ahead of' : 'behind'} the others`;
    return {
      output,
      text: `${identity} has ${fractionText(figures.share)} of the shared quota, has used ${usdText(used ?? 0)}, and is ${stands}. Why: ${advice.reason}`,
    };
  },
});

const windowFields = z.object({
  window: z.string(),
  percent_used: z.number().nullable().describe('By the estimate; null where it was never read.'),
  resets_at: z.string().nullable().describe('ISO 8601; null where that is not known.'),
  exhausted: z.boolean().describe('Nothing may be used of it before the reset.'),
  stale: z
    .boolean()
    .describe('Its last reading is older than two of the usual distances between readings, or from before its reset.'),
  runs_out_before_reset: z.number().nullable().describe('How likely that is, 0 to 1, if it is used on as now.'),
});

export const quota = tool({
  name: 'quota',
  title: 'The quota',
  description:
    'Says how full each quota window of the provider is, when it resets, and how likely it runs out before. It is the same for all agents of the pool. It changes nothing.',
  input: z.strictObject({}),
  output: z.object({
    pool: z.string(),
    at: z.string(),
    enforced: z.boolean().describe('Whether who is to wait is held back; else it is advice.'),
    windows: z.array(windowFields),
  }),
  annotations: looksOnly,
  isOfAgent: false,
  async answer(_, { daemon, signal }) {
    const { pool, at, mode, windows } = (await daemon.get('v1/fairness', signal)) as {
      readonly pool: string;
      readonly at: string;
      readonly mode: string;
      readonly windows: readonly PublishedWindow[];
    };
    const told = windows.map(({ window, percent, resets_at, exhausted, stale, runout }) => ({
      window,
      percent_used: percent,
      resets_at,
      exhausted,
      stale,
      runs_out_before_reset: runout?.before_reset ?? null,
    }));
    const lines = told.length === 0 ? ['No quota window was read yet.'] : told.map(windowText);
    return { output: { pool, at, enforced: mode === 'enforce', windows: told }, text: lines.join('\n') };
  },
});

function windowText({ window, percent_used, resets_at, exhausted, stale }: z.infer<typeof windowFields>): string {
  const used = percent_used === null ? 'nobody has read it yet' : `${percentText(percent_used)} used`;
  const reset = resets_at === null ? '' : `, resets at ${resets_at}`;
  return `${window}: ${exhausted ? 'used up' : used}${reset}${stale ? ' (an old reading)' : ''}.`;
}
