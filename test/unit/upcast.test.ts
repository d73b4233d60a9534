// The log is never rewritten: an old payload is lifted on reading, step by step, and what cannot be read stops the reader.
import t from 'tap';
import type { StoredEvent } from '../../src/events/envelope.js';
import { UnreadableEvent, type Upcasters, upcast } from '../../src/events/upcast.js';

const stored = (version: number, payload: object, type = 'agent.resumed') =>
  ({ type, version, seq: 7, payload: JSON.stringify(payload) }) as unknown as StoredEvent;

/** A made-up history: version 1 had `agent`, version 2 called it `name`, version 3 wrapped the reason. */
const upcasters: Upcasters = {
  'agent.resumed': [
    ({ agent, ...rest }) => ({ ...rest, name: agent }),
    ({ reason, ...rest }) => ({ ...rest, reason: { text: reason } }),
  ],
};
const newest = () => 3;

t.test('lifts every older version to the newest', async (t) => {
  const expected = { name: 'Ada', reason: { text: 'done' } };
  const versions = [
    stored(1, { agent: 'Ada', reason: 'done' }),
    stored(2, { name: 'Ada', reason: 'done' }),
    stored(3, { name: 'Ada', reason: { text: 'done' } }),
  ];
  for (const event of versions) {
    const lifted = upcast(event, upcasters, newest);
    t.strictSame(lifted.payload, expected, `version ${event.version}`);
    t.equal(lifted.version, 3);
    t.equal(lifted.seq, 7);
  }
});

t.test('leaves the stored event as it was', async (t) => {
  const event = stored(1, { agent: 'Ada' });
  const before = JSON.stringify(event);
  upcast(event, upcasters, newest);
  t.equal(JSON.stringify(event), before);
});

t.test('reads a type without upcasters as it is', async (t) => {
  t.strictSame(upcast(stored(1, { name: 'Ada' })).payload, { name: 'Ada' });
});

t.test('refuses a newer version and an unknown type, naming the event', async (t) => {
  const refusal = (event: StoredEvent, lifts?: Upcasters, newestOf?: () => number) => {
    try {
      upcast(event, lifts, newestOf);
    } catch (error) {
      return error instanceof UnreadableEvent ? error.message : error;
    }
    return null;
  };
  t.equal(
    refusal(stored(4, {}), upcasters, newest),
    'event 7 (agent.resumed) has version 4, newer than this release knows',
  );
  t.equal(refusal(stored(2, {})), 'event 7 (agent.resumed) has version 2, newer than this release knows');
  t.equal(refusal(stored(1, {}, 'agent.dreamt')), 'event 7 has the unknown type agent.dreamt');
  t.equal(refusal(stored(1, {}, 'toString')), 'event 7 has the unknown type toString', 'no type by inheritance');
});
