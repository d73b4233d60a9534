/**
 * CloudEvents 1.0 over HTTP: structured, batch and binary. An event whose type is `resource-share.` and the type of a command carries
 * the payload of that command as its data. It is known by its source and id, so that sending it again records nothing.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import { commandPrefix } from '../../events/cloud-event.js';
import { type Command, parseCommand } from '../../events/command.js';
import { isoText } from '../../events/days.js';
import type { EpochMs } from '../../events/scalars.js';
import type { Step } from '../../intake/intake.js';
import { loadSource } from '../../intake/load-source.js';
import { type Outcome, rejectedBy } from '../../ledger/outcome.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { EventSeen, Observation } from '../../sources/source.js';
import { acceptBytes, bytesOf } from '../bodies.js';
import { outcomeBody, outcomeExample, outcomeSchema } from '../events/outcome-text.js';
import { permit } from '../permission.js';
import { type Area, appending, json, route } from '../route.js';
import { countFields } from './counts.js';
import { senderOf, senderQuery } from './sender.js';

const answer = z.object({
  outcomes: z
    .array(outcomeSchema.extend({ cloudevent: z.object({ source: z.string(), id: z.string() }) }))
    .describe('One for each event of a type that is taken, in the order in which they came.'),
  ...countFields,
});

const payload = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 };
const example = {
  specversion: '1.0',
  type: `${commandPrefix}usage.recorded`,
  source: '/build/7',
  id: 'run-17',
  time: '2026-01-05T09:30:00Z',
  data: payload,
};
const structured = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';
const event = { type: 'object', description: 'A CloudEvent of version 1.0.' } as const;

export const cloudEventsArea: Area = {
  prepare: (scope) => {
    acceptBytes(scope);
    scope.addHook('onRequest', (request, _reply, done) => {
      done(isCloudEvent(request) ? undefined : new Problem('unsupported_media_type'));
    });
  },
  routes: ({ ledger, intake }) => [
    route({
      method: 'POST',
      url: '/v1/cloudevents',
      scope: 'ingest',
      operationId: 'takeCloudEvents',
      tag: 'Telemetry',
      summary: 'Take CloudEvents',
      description: `Structured (\`${structured}\`), as a batch (\`${batch}\`), or binary: the body is the data, and the attributes are headers that begin with \`ce-\`. The type is \`${commandPrefix}\` and the type of a command, as \`${commandPrefix}usage.recorded\`, the data its payload, \`time\` when it happened. An event is recorded once, by its \`source\` and \`id\`: the same again is \`repeated\`, other data under the same id is rejected as \`key_reused\`. Events of other types are left out, and counted as \`unknown-type\`.`,
      query: senderQuery.omit({ agent: true }),
      body: {
        schema: z.unknown(),
        example: payload,
        others: {
          [structured]: { schema: event, example },
          [batch]: { schema: { type: 'array', items: event }, example: [example] },
        },
      },
      headers: z.object({
        'ce-specversion': z.string().optional().describe('Of an event in binary mode: `1.0`.'),
        'ce-type': z.string().optional().describe(`Of an event in binary mode, as \`${commandPrefix}usage.recorded\`.`),
        'ce-source': z.string().optional().describe('Of an event in binary mode.'),
        'ce-id': z.string().optional().describe('Of an event in binary mode.'),
        'ce-time': z.string().optional().describe('Of an event in binary mode: when it happened.'),
      }),
      replies: {
        200: json('What came of it', answer, {
          outcomes: [{ ...outcomeExample, cloudevent: { source: example.source, id: example.id } }],
          recorded: 1,
          repeated: 0,
          corrected: 0,
          refused: 0,
          skipped: {},
        }),
      },
      problems: ['body_refused', 'pool_unknown', ...appending],
      bodyLimit: limits.pushBytesMax,
      handle: async (input, request) => {
        const sender = senderOf(ledger, request, input.query(), 'cloudevents/1');
        const headers = Object.entries(request.headers).filter(
          (one): one is [string, string] => typeof one[1] === 'string',
        );
        const reading = await intake.read(await loadSource('cloudevents'), bytesOf(request), {
          path: null,
          headers: Object.fromEntries(headers),
        });
        const rejected = new Map<Observation, Outcome>();
        const { counts, answers } = await intake.record(reading, sender, (one) =>
          cloudEventStep(one, sender, rejected, (command) =>
            permit(request.principal, () => ledger.state(sender.pool), command),
          ),
        );
        const { read: _, ...counted } = counts;
        return {
          outcomes: reading.observations.flatMap((one, i) => outcomeOf(one, answers[i] ?? rejected.get(one))),
          ...counted,
        };
      },
    }),
  ],
};

/** In binary mode the type of the body is that of the data. */
function isCloudEvent({ headers }: FastifyRequest): boolean {
  if (headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined) return true;
  return /^application\/cloudevents(-batch)?\+json\s*(;|$)/i.test(headers['content-type']?.trim() ?? '');
}

type Origin = Parameters<typeof parseCommand>[1];

/** The command in a CloudEvent; what is refused of them is put into `rejected`. */
export function cloudEventStep(
  observation: Observation,
  origin: Origin,
  rejected: Map<Observation, Outcome>,
  check: (command: Command) => void,
): Step {
  if (observation.kind !== 'event' || !observation.event.startsWith(commandPrefix)) return { skipped: 'unknown-type' };
  try {
    const command = commandOf(observation, origin);
    check(command);
    return command;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'unknown_type') return { skipped: 'unknown-type' };
    rejected.set(observation, rejectedBy(error));
    return { refused: true };
  }
}

/** Without a time it happens when it is taken, so the time is no part of what makes it the same event. */
function commandOf({ event: type, source, id, data, occurredAt }: EventSeen, origin: Origin): Command {
  const item = {
    type: type.slice(commandPrefix.length),
    key: keyOf(source ?? '', id ?? ''),
    payload: data,
    ...(occurredAt === null ? {} : { occurred_at: isoText(occurredAt as EpochMs) }),
  };
  return { ...parseCommand(item, { actor: origin.actor, source: origin.source }), sent: data };
}

/** Sources are URIs, in which colons are usual: where one is in the id, too, the key would not say where it begins. */
function keyOf(source: string, id: string): string {
  const key = `cloudevent:${source}:${id}`;
  if (key.length <= limits.keyCharactersMax && !id.includes(':')) return key;
  return `cloudevent:${createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('hex')}`;
}

function outcomeOf(observation: Observation, outcome: Outcome | undefined) {
  if (outcome === undefined || observation.kind !== 'event') return [];
  const { source = '', id = '' } = observation;
  return [{ ...outcomeBody(outcome, false), cloudevent: { source, id } }];
}
