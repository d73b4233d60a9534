/** `GET /events` and `GET /events/{id}`: the log for reading. */
import * as z from 'zod';
import { eventTypes } from '../../events/catalogue.js';
import { chainFault, genesis } from '../../events/chain.js';
import { parseWith } from '../../events/command.js';
import { livingIdentities } from '../../events/identities.js';
import { eventPage } from '../../web/pages/event.js';
import { eventsPage } from '../../web/pages/events.js';
import type { Api } from '../context.js';
import { eventByRef, eventParams } from '../events/event-ref.js';
import { rangeOf, typeList } from '../events/read.js';
import { moment, seqNumber } from '../query.js';
import type { Route } from '../route.js';
import { pageRoute } from './page-route.js';
import { filled } from './use-filter.js';

const shown = 50;

const filter = {
  type: z.string().optional().describe('Type of event.'),
  identity: z.string().optional().describe('Name or alias of an agent.'),
  since: z.string().optional().describe('Recorded at or after: a date of the pool, or ISO 8601 with a zone.'),
  until: z.string().optional().describe('Recorded before.'),
  before: seqNumber.optional().describe('Only events before this one.'),
};

const bounds = z.object({
  type: typeList,
  identity: z.string().optional(),
  since: moment.optional(),
  until: moment.optional(),
});

export const eventsRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/events',
    operationId: 'showEvents',
    summary: 'The newest events',
    query: filter,
    problems: ['invalid_field'],
    view: async ({ pool, pools, query }) => {
      const { ledger } = api;
      const { type, identity, since, until, before } = query;
      const asked = {
        type: filled(type),
        identity: filled(identity),
        since: filled(since),
        until: filled(until),
        before,
      };
      const range = await rangeOf(ledger, pool, { ...parseWith(bounds, asked), order: 'desc' });
      const upTo = before === undefined ? range.upTo : Math.min(before - 1, range.upTo ?? before);
      const events = await ledger.readStored(pool, { ...range, upTo, limit: shown + 1 });
      const state = ledger.state(pool);
      return eventsPage({
        pool,
        pools,
        timeZone: state.timeZone,
        filter: asked,
        events: events.slice(0, shown),
        more: events.length > shown,
        types: eventTypes,
        names: [...livingIdentities(state)].map(({ name }) => name),
      });
    },
  });

export const eventRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/events/:id',
    operationId: 'showEvent',
    summary: 'One event, and its proof',
    params: eventParams,
    problems: ['event_unknown'],
    view: async ({ pool, params }) => {
      const { ledger, checkpoints } = api;
      const event = await eventByRef(ledger, pool, params.id ?? '');
      const [before, head, about, answers, size] = await Promise.all([
        ledger.eventAt(pool, event.seq - 1),
        ledger.head(pool),
        event.correlates === null ? null : eventByRef(ledger, pool, event.correlates).catch(() => null),
        ledger.readStored(pool, { after: event.seq, correlates: event.id, limit: shown }),
        checkpoints?.signedSize(pool) ?? 0,
      ]);
      return eventPage({
        event,
        timeZone: ledger.state(pool).timeZone,
        head: head.seq,
        about,
        answers,
        previousHash: (before ?? genesis).hash,
        isSound: chainFault(before ?? genesis, event) === null,
        checkpoint: size >= event.seq ? { size } : null,
      });
    },
  });
