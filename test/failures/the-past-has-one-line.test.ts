// Goal: questions about the past do not hold up everybody: two are worked out at once, eight wait, and whoever comes then is told to
// come again; who has gone is not worked for, and the same question is worked out once for all who ask it.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { type ListeningServer, listeningServer, parseLines } from '../api/support.js';
import { usage } from '../support/command.js';
import { type Variant, variants } from '../support/engines.js';
import { pool } from '../support/ledger.js';
import { queryOnce } from '../support/postgres-server.js';

interface Gate {
  readonly server: ListeningServer;
  /** Which shadows were begun: pool, seq and table are in their names. */
  readonly begun: readonly string[];
  /** Lets what has begun go on. */
  open(): void;
}

interface Row {
  readonly total_cost_micro_usd: number;
}

interface Answer {
  readonly as_of_seq: number;
  readonly rows: readonly Row[];
}

/** A server on which a question about the past that was begun goes on when the test says so. */
async function gated(t: Test, engine: Variant): Promise<Gate> {
  const begun: string[] = [];
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  const held: Variant = {
    ...engine,
    open: async (place, role) => {
      const opened = await engine.open(place, role);
      const openShadow = opened.openShadow.bind(opened);
      opened.openShadow = async (name, ...rest) => {
        if (!begun.includes(name)) begun.push(name);
        await isOpen;
        return openShadow(name, ...rest);
      };
      return opened;
    },
  };
  const server = await listeningServer(t, { engine: held });
  await server.test.record(...Array.from({ length: 20 }, (_, i) => usage('Ada', { cost_micro_usd: i + 1 })));
  t.teardown(() => open());
  return { server, begun, open };
}

const ask = ({ url }: ListeningServer, seq: number, more = '') => fetch(`${url}/v1/daily?as_of_seq=${seq}${more}`);

/** What Ada had used by then: the first use is event 3. */
const costAt = (seq: number): number => ((seq - 2) * (seq - 1)) / 2;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}

for (const engine of variants) {
  t.test(`two at once, eight wait, the others come again, on ${engine.name}`, async (t) => {
    const { server, begun, open } = await gated(t, engine);
    const seqs = Array.from({ length: 12 }, (_, i) => i + 5);
    const answers = seqs.map((seq) => ask(server, seq));
    const turnedAway = await Promise.any(
      answers.map(async (answer, i) => ((await answer).status === 503 ? i : Promise.reject(new Error('in the line')))),
    );
    const refused = await (answers[turnedAway] as Promise<Response>);
    t.match(await refused.json(), { code: 'past_busy', status: 503, retry: 'later' });
    t.ok(Number(refused.headers.get('retry-after')) > 0);
    await until(() => begun.length >= 2);
    t.equal((await fetch(`${server.url}/v1/daily`)).status, 200, 'questions about now are not in the line');
    t.equal(begun.length, 2);

    open();
    const statuses = [];
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      statuses.push(answer.status);
      if (answer.status !== 200) continue;
      const { rows, as_of_seq: seq } = (await answer.json()) as Answer;
      t.strictSame([seq, rows[0]?.total_cost_micro_usd], [seqs[i], costAt(seq)]);
    }
    t.equal(statuses.filter((status) => status === 200).length, 2 + 8);
    t.equal(statuses.filter((status) => status === 503).length, 2);
    t.equal((await ask(server, 17)).status, 200, 'there is room again');
  });

  t.test(`the same question is worked out once, on ${engine.name}`, async (t) => {
    const { server, begun, open } = await gated(t, engine);
    const same = Array.from({ length: 30 }, (_, i) =>
      ask(server, 10, i % 2 === 0 ? '' : '&identity=Ada&format=ndjson'),
    );
    const other = ask(server, 11);
    await until(() => begun.length === 2);
    open();
    for (const [i, answer] of (await Promise.all(same)).entries()) {
      t.equal(answer.status, 200);
      const [row] = i % 2 === 0 ? ((await answer.json()) as Answer).rows : parseLines<Row>(await answer.text());
      t.equal(row?.total_cost_micro_usd, costAt(10));
    }
    t.equal((await other).status, 200);
    t.equal((await ask(server, 10)).status, 200);
    t.equal(begun.length, 2);
  });

  t.test(`nobody works for who has gone, on ${engine.name}`, async (t) => {
    const { server, begun, open } = await gated(t, engine);
    let closed = 0;
    server.app.server.on('connection', (socket) => {
      socket.once('close', () => {
        closed += 1;
      });
    });
    const going = Array.from({ length: 11 }, (_, i) => get(`${server.url}/v1/daily?as_of_seq=${i + 5}`));
    const turnedAway = going.map(async (request) => {
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    });
    t.equal(await Promise.any(turnedAway), 503, 'the line is full');
    const worked = () => begun.map((name) => Number(/default-(\d+)-/.exec(name)?.[1]));
    await until(() => begun.length >= 2);
    const [first, second] = worked();
    const staying = ask(server, Number(first));
    for (const request of going) request.destroy();
    await until(() => closed >= going.length);

    const later = Array.from({ length: 5 }, (_, i) => ask(server, 16 + i));
    open();
    for (const answer of await Promise.all([staying, ...later])) t.equal(answer.status, 200, 'there is room');
    t.strictSame(
      worked().filter((seq) => seq < 16 && seq !== first && seq !== second),
      [],
      'those that waited were never begun',
    );
    await server.stop();
    t.strictSame(await leftBehind(engine, server.test.place), [], 'nothing is left behind');
  });

  t.test(`one that is worked out in a thread and given up leaves nothing behind, on ${engine.name}`, async (t) => {
    const server = await listeningServer(t, { engine });
    const count = limits.checkpointEventsEvery + 8_000;
    for (let sent = 0; sent < count; sent += 1_000) {
      const commands = Array.from({ length: 1_000 }, () => usage('Ada', { cost_micro_usd: 1 }));
      await server.test.ledger.submit(pool, { commands });
    }
    const request = get(`${server.url}/v1/daily?as_of_seq=${count}`).on('error', () => undefined);
    const [connection] = (await once(server.app.server, 'connection')) as [Socket];
    while ((await leftBehind(engine, server.test.place)).length === 0) await nextTurn();
    request.destroy();
    if (!connection.destroyed) await once(connection, 'close');
    while ((await leftBehind(engine, server.test.place)).length > 0) await nextTurn();
    const { rows } = (await (await ask(server, count)).json()) as Answer;
    t.equal(rows[0]?.total_cost_micro_usd, count - 2);
  });
}

/** What shadows there are. */
async function leftBehind(engine: Variant, place: string): Promise<readonly unknown[]> {
  if (engine.name === 'postgres')
    return queryOnce(place, `SELECT 1 FROM information_schema.schemata WHERE schema_name LIKE 'shadow\\_%'`);
  const scratch = join(place, 'scratch');
  return existsSync(scratch) ? readdirSync(scratch) : [];
}
