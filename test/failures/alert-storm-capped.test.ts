/** Case: one alert per increment, posted inline, delayed the reply past the client's timeout. */
import t from 'tap';
import { variants } from '../support/engines.js';
import { alert, allDelivered, OutboxWorld } from '../support/outbox.js';
import { Receiver } from '../support/receiver.js';

const storm = 1_000;

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    const world = await OutboxWorld.start(t, { engine });
    const receiver = await Receiver.start(t);
    // It takes what it gets, and never answers: until every report has had its answer.
    let go: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      go = resolve;
    });
    receiver.answer = async () => {
      await answered;
      return {};
    };
    await world.add(receiver.url);
    await world.test.record(alert('first'));
    await receiver.received(1);
    for (let i = 1; i < storm; i += 1) {
      const { type, payload } = alert(`alert ${i}`);
      const answer = await world.post<{ status: string }>('events', { type, payload });
      if (answer.status !== 'recorded') t.fail(JSON.stringify(answer));
    }
    t.equal(receiver.got.length, 1, 'the reports were answered while the first message was not');
    go();
    const found = await world.until((all) => all.length > 1 && allDelivered(61)(all));
    t.equal(found.length, 61, 'sixty in a minute, and one digest of what came beyond');
    const digest = receiver.bodies.at(-1) as { data: Record<string, unknown> };
    t.match(digest, { type: 'digest', pool: 'default', seq: storm + 1 });
    t.same(digest.data, {
      count: storm - 60,
      types: { 'alert.raised': storm - 60 },
      first_seq: 62,
      last_seq: storm + 1,
    });
    t.equal(new Set(receiver.ids).size, 61);
    await world.test.record(alert('after the storm'));
    await world.until(allDelivered(62));
    t.match(receiver.bodies.at(-1), { data: { dedupe_key: 'after the storm' } }, 'and then one by one again');
  });
}
