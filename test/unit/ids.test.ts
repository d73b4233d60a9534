// Ids of one maker grow strictly, or an event could not be found by halving the log.
import t from 'tap';
import { eventId } from '../../src/events/scalars.js';
import { idMaker } from '../../src/ledger/ids.js';

t.test('ids grow within a millisecond, across milliseconds, and when the clock goes back', async (t) => {
  const next = idMaker();
  const start = Date.parse('2026-01-05T12:00:00Z');
  const times = [
    ...Array(5_000).fill(start),
    start + 1,
    start + 1,
    start + 500,
    start + 2,
    start,
    start + 500,
    start + 501,
  ];
  let last = '';
  for (const at of times) {
    const id = next(at);
    if (!(id > last)) t.fail(`${id} does not follow ${last}`);
    if (!eventId.safeParse(id).success) t.fail(`${id} is no event id`);
    last = id;
  }
  t.equal(last.slice(0, 10), next(start + 501).slice(0, 10), 'the time is in the first ten characters');
});

t.test('two makers never make the same id', async (t) => {
  const [one, other] = [idMaker(), idMaker()];
  const ids = new Set(Array.from({ length: 1_000 }, () => [one(0), other(0)]).flat());
  t.equal(ids.size, 2_000);
});
