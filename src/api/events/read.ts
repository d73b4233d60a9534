/** `GET /v1/events` and `GET /v1/events/{id}`: the log. */
import * as z from 'zod';
import { eventTypes, isEventType } from '../../events/catalogue.js';
import { eventCells, eventColumns, eventText } from '../../events/event-text.js';
import { absorbedNames, findIdentity } from '../../events/identities.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import type { EventQuery, Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { type CursorList, decodeCursor, encodeCursor } from '../../projections/pages.js';
import { passBytes } from '../../runtime/v8.js';
import { type CsvStyle, csvLine } from '../../text/csv.js';
import { poolOf } from '../context.js';
import { type Format, formatOf, inAllFormats, sendPages, sendText } from '../formats.js';
import {
  csvStyle,
  format,
  instantOf,
  moment,
  order,
  pageLimit,
  poolName,
  rowsLimit,
  seqNumber,
  text,
} from '../query.js';
import { type Area, json, route } from '../route.js';
import { eventByRef, eventParams } from './event-ref.js';
import { eventExample, eventSchema } from './event-schema.js';

const lineFeed = Buffer.from('\n');

export const typeList = z
  .string()
  .transform((value) => value.split(','))
  .refine((types) => types.every(isEventType), `is none of ${eventTypes.join(', ')}`)
  .optional()
  .describe('Event types, separated by commas.');

const query = z.strictObject({
  pool: poolName,
  type: typeList,
  identity: text.optional().describe('Name or alias; names merged into it are included.'),
  since: moment.optional().describe('Recorded at or after.'),
  until: moment.optional().describe('Recorded before.'),
  after_seq: seqNumber.optional().describe('Only events after this one.'),
  correlates: text.optional().describe('Id of the event that these answer or correct.'),
  source: text.optional().describe('Adapter that sent them, and its version.'),
  order,
  limit: rowsLimit,
  cursor: z.string().max(1_000).optional().describe('`next` of the page before.'),
  format,
  csv: csvStyle,
});
type Query = z.infer<typeof query>;
export type EventFilter = Omit<Query, 'pool' | 'limit' | 'format' | 'csv'>;

const pageSchema = z.object({
  pool: z.string(),
  events: z.array(eventSchema),
  next: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
});

export const readArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/events',
      scope: 'read',
      operationId: 'listEvents',
      tag: 'Events',
      summary: 'Query the log',
      query,
      replies: {
        200: {
          description: 'A page of events as JSON, or all of them as NDJSON or CSV',
          content: inAllFormats(pageSchema, { pool: 'default', events: [eventExample], next: null }),
        },
      },
      problems: ['cursor_invalid', 'pool_unknown', 'not_acceptable'],
      handle: async (input, request, reply) => {
        const asked = input.query();
        const pool = poolOf(ledger, asked.pool);
        const wanted = formatOf(request, asked.format);
        if (wanted !== 'json') return sendPages(request, reply, wanted, pagesOf(ledger, pool, asked, wanted));
        const limit = pageLimit(asked.limit);
        const wantedPage = { ...(await rangeOf(ledger, pool, asked)), limit };
        const { bytes, more, lastSeq } = await ledger.readTexts(pool, wantedPage, ',');
        const next = JSON.stringify(more ? encodeCursor(listOf(pool, asked), [lastSeq]) : null);
        const [begin, end] = [Buffer.from(`{"pool":"${pool}","events":[`), Buffer.from(`],"next":${next}}`)];
        return sendText(reply, 'json', joined(begin, bytes, end));
      },
    }),
    route({
      method: 'GET',
      url: '/v1/events/:id',
      scope: 'read',
      operationId: 'getEvent',
      tag: 'Events',
      summary: 'One event',
      params: eventParams,
      query: z.strictObject({ pool: poolName }),
      replies: { 200: json('The event', eventSchema, eventExample) },
      problems: ['event_unknown', 'pool_unknown'],
      handle: async (input, _request, reply) => {
        const pool = poolOf(ledger, input.query().pool);
        return sendText(reply, 'json', eventText(await eventByRef(ledger, pool, input.params.id)));
      },
    }),
  ],
};

const listOf = (pool: PoolId, { order }: EventFilter): CursorList => ({
  pool,
  list: 'events',
  descending: order === 'desc',
  kinds: ['integer'],
});

/** The part of the log that a query asks for; recorded times become bounds of seq. */
export async function rangeOf(ledger: Ledger, pool: PoolId, asked: EventFilter): Promise<Omit<EventQuery, 'limit'>> {
  const { timeZone } = ledger.state(pool);
  const before = (at: EpochMs) => ledger.seqAt(pool, (at - 1) as EpochMs);
  let after = asked.after_seq ?? 0;
  let upTo: number | undefined;
  if (asked.since !== undefined) after = Math.max(after, await before(instantOf(asked.since, timeZone)));
  if (asked.until !== undefined) upTo = await before(instantOf(asked.until, timeZone));
  const backwards = asked.order === 'desc';
  if (asked.cursor !== undefined) {
    const [seq] = decodeCursor(listOf(pool, asked), asked.cursor) as [number];
    if (backwards) upTo = Math.min(upTo ?? seq, seq - 1);
    else after = Math.max(after, seq);
  }
  return {
    after,
    upTo,
    backwards,
    types: asked.type,
    names: asked.identity === undefined ? undefined : namesOf(ledger, pool, asked.identity),
    source: asked.source,
    correlates: asked.correlates,
  };
}

/** Events name identities as they were called when it happened. */
function namesOf(ledger: Ledger, pool: PoolId, name: string): string[] {
  const state = ledger.state(pool);
  const identity = findIdentity(state, name);
  return identity === undefined ? [name] : [identity.name, ...absorbedNames(state, identity)];
}

/** Everything up to the head as it is now, page by page. */
async function* pagesOf(
  ledger: Ledger,
  pool: PoolId,
  asked: Query,
  wanted: Format,
): AsyncGenerator<string | Uint8Array> {
  const range = await rangeOf(ledger, pool, asked);
  const { seq: head } = await ledger.head(pool);
  let { after, upTo = head } = range;
  let left = asked.limit ?? Number.POSITIVE_INFINITY;
  yield wanted === 'csv' ? csvLine(eventColumns) : '';
  while (left > 0) {
    const query = { ...range, after, upTo: Math.min(upTo, head), limit: Math.min(left, limits.pageRowsMax) };
    const { count, lastSeq, text } = await (wanted === 'csv'
      ? recordsOf(ledger, pool, query, asked.csv)
      : linesOf(ledger, pool, query));
    if (count === 0) return;
    yield text;
    left -= count;
    if (range.backwards === true) upTo = lastSeq - 1;
    else after = lastSeq;
  }
}

interface PageText {
  readonly count: number;
  readonly lastSeq: number;
  readonly text: string | Uint8Array;
}

async function linesOf(ledger: Ledger, pool: PoolId, query: EventQuery): Promise<PageText> {
  const { count, lastSeq, bytes } = await ledger.readTexts(pool, query, '\n');
  return { count, lastSeq, text: joined(bytes, lineFeed) };
}

function joined(...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  // The parts, and what they are now.
  passBytes(2 * bytes.byteLength);
  return bytes;
}

async function recordsOf(
  ledger: Ledger,
  pool: PoolId,
  query: EventQuery,
  style: CsvStyle | undefined,
): Promise<PageText> {
  const events = await ledger.readStored(pool, query);
  const text = events.map((event) => csvLine(eventCells(event), style)).join('');
  return { count: events.length, lastSeq: events.at(-1)?.seq ?? 0, text };
}
