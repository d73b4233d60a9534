/**
 * The HTTP hooks of Claude Code. Nobody is stopped by them where something is wrong: what cannot be told in time, or at all, is `{}`.
 * Prompts are dropped by the reader; that one came, and when, is all that is remembered of them.
 */
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Reading, Sender } from '../../intake/intake.js';
import { loadSource } from '../../intake/load-source.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { acceptBytes, bytesOf } from '../bodies.js';
import type { Api } from '../context.js';
import { answerError, keepConnection, problemOf } from '../errors.js';
import { logOf } from '../logging.js';
import { type Area, json, route } from '../route.js';
import { hookWords } from './hook-words.js';
import { senderHeaders, senderOf, senderQuery } from './sender.js';

const answer = z.object({
  decision: z.literal('block').optional().describe('The prompt is not sent.'),
  reason: z.string().optional().describe('Why it is not, for the person who typed it.'),
  hookSpecificOutput: z
    .object({ hookEventName: z.literal('UserPromptSubmit'), additionalContext: z.string() })
    .optional()
    .describe('What the agent is told beside the prompt.'),
});
type Answer = z.infer<typeof answer>;

const told =
  'Resource-Share: Ada has 25 % of the shared quota and may run now. Why: No quota reading limits the pool: the base interval.';

export const claudeHookArea: Area = {
  prepare: (scope) => {
    acceptBytes(scope);
    const letIn = new WeakSet<FastifyRequest>();
    scope.addHook('onRequest', (request, _reply, done) => {
      letIn.add(request);
      done();
    });
    // What the guards refuse is refused; everything after them is nobody's reason to stop.
    scope.setErrorHandler((error, request, reply) => {
      if (!letIn.has(request)) return answerError(error, request, reply);
      keepConnection(request, reply);
      return reply.code(200).send({});
    });
  },
  routes: (api) => [
    route({
      method: 'POST',
      url: '/v1/hooks/claude',
      scope: 'ingest',
      operationId: 'takeClaudeHook',
      tag: 'Telemetry',
      summary: 'Take a hook of Claude Code',
      description: `The body of an HTTP hook, unchanged. \`UserPromptSubmit\` is answered with the share of the agent, whether it has to wait, and why; where the mode of the policy is \`enforce\`, a prompt is blocked while the agent has to wait, except while a person works with it, or it holds a turn; where the mode is \`observe\`, nothing is told. \`StopFailure\` after a limit records the reading in its message. Other events are answered with \`{}\`, and so is everything that goes wrong, or takes longer than ${limits.hookMsMax} ms: a hook stops nobody by mistake. It registers nobody, and no prompt is kept or logged.`,
      query: senderQuery,
      headers: senderHeaders,
      body: {
        schema: z.unknown(),
        example: { hook_event_name: 'UserPromptSubmit', session_id: '7f3c', cwd: '/srv/p1', prompt: '…' },
      },
      replies: {
        200: json('What the client is to do', answer, {
          hookSpecificOutput: { hookEventName: 'UserPromptSubmit', additionalContext: told },
        }),
      },
      bodyLimit: limits.pushBytesMax,
      answersAtOnce: true,
      handle: (input, request) => {
        const sender = senderOf(api.ledger, request, input.query(), 'claude-hook/1');
        return inTime(api.ledger, answerTo(api, sender, request));
      },
    }),
  ],
};

/** What it is, or nothing where it is not there in time. */
async function inTime(ledger: Ledger, answered: Promise<Answer>): Promise<Answer> {
  const enough = new AbortController();
  const late = ledger.clock.sleep(limits.hookMsMax, enough.signal).then((): Answer => ({}));
  return Promise.race([answered, late]).finally(() => enough.abort());
}

async function answerTo({ ledger, intake }: Api, sender: Sender, request: FastifyRequest): Promise<Answer> {
  const reading = await intake.read(await loadSource('claude-hook'), bytesOf(request), { path: null });
  recordLater(intake, reading, sender, request);
  notePrompts(intake, reading);
  const event = reading.observations.find(({ kind }) => kind === 'event');
  if (event?.kind !== 'event' || event.event !== 'UserPromptSubmit') return {};
  if (!ledger.isTrue) await ledger.restored();
  const { mode } = ledger.state(sender.pool).fair.policy;
  if (mode === 'observe') return {};
  const { identity } = intake.whose(event.place, event.session, ledger.now(), sender.identity);
  const { mustWait, text } = hookWords(ledger, sender.pool, identity);
  if (mustWait && mode === 'enforce') return { decision: 'block', reason: text };
  return { hookSpecificOutput: { hookEventName: event.event, additionalContext: text } };
}

/** That a person typed something, and where, is remembered. */
export function notePrompts(intake: Api['intake'], { observations }: Reading): void {
  for (const one of observations) {
    if (one.kind !== 'event' || one.event !== 'UserPromptSubmit' || one.session === null) continue;
    intake.notePrompt(one.session);
    intake.notePlace(one.session, one.place);
  }
}

/** The client waits for its answer, and not for the storage. */
function recordLater(intake: Api['intake'], reading: Reading, sender: Sender, request: FastifyRequest): void {
  intake.record(reading, sender).catch((error: unknown) => {
    logOf(request).warn({ code: problemOf(error).code }, 'a reading that a hook told was not recorded');
  });
}
