/**
 * Goal: a daemon that is killed between sending a message and noting that it arrived sends it again, under the same id; none is lost, and
 * none comes before one that was recorded before it.
 */
import t from 'tap';
import { type Daemon, spawnDaemonIn } from '../support/daemon.js';
import { variants } from '../support/engines.js';
import { Receiver } from '../support/receiver.js';

const env = { RESOURCE_SHARE_WEBHOOKS_ALLOW_HOSTS: '127.0.0.1' };
const alerts = 12;
/** It is killed while so many have come, of which the last one has no answer yet. */
const kills = [3, 8];

async function post<T>({ url }: Daemon, path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

const alert = (key: string) => ({
  type: 'alert.raised',
  payload: { rule: 'tried', subject: 'a test', text: 'look at this', dedupe_key: key },
});

for (const variant of variants) {
  t.test(variant.name, { timeout: 400_000 }, async (t) => {
    const place = await variant.place(t);
    const receiver = await Receiver.start(t);
    let daemon = await spawnDaemonIn(env, place);
    t.teardown(() => daemon.process.kill('SIGKILL'));
    receiver.answer = async (_, count) => {
      if (!kills.includes(count)) return {};
      daemon.process.kill('SIGKILL');
      return new Promise(() => {});
    };
    await post(daemon, 'webhook-endpoints', { url: receiver.url });
    const sent: string[] = [];
    const outcomes = await post<{ id: string }[]>(
      daemon,
      'events',
      Array.from({ length: alerts }, (_, i) => alert(`alert ${i}`)),
    );
    sent.push(...outcomes.map(({ id }) => id));
    for (const _ of kills) {
      await daemon.ended;
      daemon = await spawnDaemonIn(env, place);
    }
    await receiver.received(alerts + kills.length);
    t.equal(await daemon.stop(), 0);
    t.same([...new Set(receiver.ids)], sent, 'each of them, in the order of the log');
    t.equal(receiver.ids.length, alerts + kills.length, 'those without an answer twice, and no other');
    for (const count of kills) t.equal(receiver.ids[count - 1], receiver.ids[count], 'under the same id');
  });
}
