// Goal: on a server, verbs work as one more node beside the daemons; when it is away, everybody says so, and goes on by themselves.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { eventText } from '../../src/events/event-text.js';
import { usage } from '../support/command.js';
import { temporaryFolder } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { temporaryDatabase } from '../support/postgres.js';
import { PostgresServer, queryOnce } from '../support/postgres-server.js';
import { program } from '../support/program.js';
import { type Ran, run, spawnNode } from './run.js';

const secret = 'hunter2';

/** The URL with a password, which the server does not ask for. */
function withPassword(url: string): string {
  const full = new URL(url);
  full.password = secret;
  return full.href;
}

function onServer(database: string) {
  return (args: readonly string[], input?: string): Promise<Ran> =>
    run(args, { env: { RESOURCE_SHARE_DATABASE: database }, ...(input === undefined ? {} : { input }) });
}

interface Served {
  readonly url: string;
  readonly line: string;
  readonly stderr: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  stop(): Promise<number | null>;
}

async function served(t: Test, database: string): Promise<Served> {
  const args = [program, 'serve', '--port', '0', '--log-level', 'warn'];
  const child = spawnNode(args, { RESOURCE_SHARE_DATABASE: database });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = / at (http:\/\/\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    const stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    return { url, line, stderr: () => stderr, ended, stop };
  }
  throw new Error(`the daemon ended with ${await ended}: ${stderr}`);
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const use = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } };

test('verbs and daemons are nodes beside one another, and the password is shown by none', async (t) => {
  const database = withPassword(await temporaryDatabase(t));
  const cli = onServer(database);
  t.match(await cli(['usage', 'list']), { code: 2, stderr: /there is no ledger in this database/ });
  t.match(await cli(['migrate', '--check', '--json']), { code: 1, stdout: /"from": 0/ });
  t.match(await cli(['migrate']), { code: 0, stdout: /^postgres:\/\/\S+ was brought from schema 0 to \d+\.\n$/ });
  t.match(await cli(['migrate', '--check']), { code: 0, stdout: /that of this release/ });

  const daemon = await served(t, database);
  t.match(daemon.line, /^Serving postgres:\/\/postgres@\S+ at http/);
  t.equal((await post(daemon.url, use)).status, 201);
  t.match(await cli(['usage', 'record', 'Ada', '--cost', '1']), { code: 0, stdout: /recorded \(seq 5\)/ });
  t.match(await cli(['identities', 'list']), { code: 0, stdout: /Ada/ });
  t.match(await cli(['pools', 'add', 'research']), { code: 0 });
  t.match(await cli(['replay', '--check']), { code: 0 });
  t.match(await cli(['replay']), { code: 0, stdout: /as the log says/ });
  const saved = join(temporaryFolder(t), 'head.json');
  t.match(await cli(['verify', '--save', saved]), { code: 0, stdout: /the chain is whole/ });
  t.match(await cli(['verify', '--against', saved]), { code: 0 });

  const exported = (await cli(['export'])).stdout;
  const other = onServer(withPassword(await temporaryDatabase(t)));
  t.match(await other(['import', '-'], exported), { code: 0, stdout: /events are imported/ });
  t.match(await other(['verify', '--against', saved, '--pool', 'default']), { code: 0 });

  const behind = join(temporaryFolder(t), 'behind.ndjson');
  writeFileSync(behind, exported.split('\n').slice(-2).join('\n'));
  t.equal((await post(daemon.url, use)).status, 201);
  t.match(await cli(['import', behind]), { code: 1, stderr: /cannot follow the head/ });

  t.equal(await daemon.stop(), 0);
  t.notMatch(daemon.line + daemon.stderr(), secret);
});

test('an import that somebody else overtakes says so, and keeps what it had', async (t) => {
  const origin = await temporaryLedger(t);
  await origin.ledger.submit(pool, {
    commands: Array.from({ length: 1_100 }, () => usage('Ada', { cost_micro_usd: 1 })),
  });
  const lines = (await origin.stored()).map((event) => `${eventText(event)}\n`);
  const database = await temporaryDatabase(t);
  const cli = onServer(database);

  const child = spawnNode([program, 'import', '-', '--database', database], {});
  const ended = once(child, 'close');
  t.teardown(() => child.kill('SIGKILL'));
  const said = text(child.stderr);
  child.stdin.write(lines.slice(0, 1_050).join(''));
  const head = 'SELECT head_seq FROM pools';
  while ((await queryOnce<{ head_seq: string }>(database, head).catch(() => []))[0]?.head_seq !== '1000')
    await wait(50);
  t.match(await cli(['clock', 'accept']), { code: 0, stdout: /goes on at/ }, 'its last event is months old');
  child.stdin.end(lines.slice(1_050).join(''));
  t.equal((await ended)[0], 1);
  t.match(
    await said,
    /another process appended to default meanwhile, up to event 100\d: an import needs a pool that nobody/,
  );
  t.match(await said, /The 1,000 events before its batch were imported\.\n$/);
  t.match(await cli(['verify']), { code: 0 }, 'the log and what is beside it are whole');
  t.match(await cli(['replay', '--check']), { code: 0 }, 'and the tables are those of its events');
});

test('a database of a newer release is left alone by every verb and the daemon', async (t) => {
  const database = await temporaryDatabase(t);
  const cli = onServer(database);
  t.match(await cli(['migrate']), { code: 0 });
  await queryOnce(database, 'UPDATE schema_version SET version = 9999');
  for (const verb of [
    'usage list',
    'usage record Ada',
    'replay --check',
    'migrate',
    'migrate --check',
    'serve --port 0',
  ]) {
    t.match(await cli(verb.split(' ')), { code: 78, stdout: '', stderr: /newer release/ }, verb);
  }
});

for (const [what, sql] of [
  ['schema', 'UPDATE schema_version SET version = 9999'],
  ['rules', `UPDATE projections SET version = 9999 WHERE name = 'quota_info'`],
] as const) {
  test(`a daemon whose database gets the ${what} of a newer release records nothing more, and ends`, async (t) => {
    const database = await temporaryDatabase(t);
    const daemon = await served(t, database);
    t.equal((await post(daemon.url, use)).status, 201);
    await queryOnce(database, sql);
    t.equal((await post(daemon.url, use)).status, 503);
    t.equal(await daemon.ended, 78);
    t.match(daemon.stderr(), /newer release/);
    const uses = await queryOnce(database, `SELECT seq FROM events WHERE type = 'usage.recorded'`);
    t.equal(uses.length, 1);
  });
}

test('a server that is away is said to be, and a daemon outlives that', { timeout: 400_000 }, async (t) => {
  const server = await PostgresServer.temporary(t);
  const database = withPassword(server.url());
  const daemon = await served(t, database);
  t.equal((await post(daemon.url, use)).status, 201);
  t.equal((await fetch(`${daemon.url}/ready`)).status, 200);

  await server.stop();
  const refused = await post(daemon.url, { ...use, key: 'k' });
  t.equal(refused.status, 503);
  t.ok(Number(refused.headers.get('retry-after')) > 0);
  t.match(await refused.json(), { code: 'storage_unavailable', detail: /cannot be reached/ });
  const ready = await fetch(`${daemon.url}/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { code: 'storage_unavailable' });
  const health = await fetch(`${daemon.url}/health`);
  t.equal(health.status, 503);
  t.match(await health.json(), { part: 'storage', storage_fault: /cannot be reached/ });
  for (const verb of ['usage list', 'usage record Ada --cost 1', 'serve --port 0']) {
    const { code, stdout, stderr } = await onServer(database)(verb.split(' '));
    t.match(
      { code, stdout, stderr },
      { code: 69, stdout: '', stderr: /^resource-share: [^\n]*cannot be reached[^\n]*\n$/ },
      verb,
    );
    t.notMatch(stderr, secret);
  }

  await server.start();
  let recorded = await post(daemon.url, { ...use, key: 'k' });
  for (let tries = 0; recorded.status === 503 && tries < 100; tries += 1) {
    await wait(100);
    recorded = await post(daemon.url, { ...use, key: 'k' });
  }
  t.equal(recorded.status, 201, 'without being started again');
  t.match(await (await fetch(`${daemon.url}/health`)).json(), { storage_fault: null });
  t.equal((await fetch(`${daemon.url}/ready`)).status, 200);
  t.match(await onServer(database)(['verify']), { code: 0 });
  t.equal(await daemon.stop(), 0);
  t.notMatch(daemon.stderr(), secret);
});

test('an address that is none, and a login that is refused', async (t) => {
  for (const [url, code] of [
    ['postgres://u:hunter2@127.0.0.1:99999/ledger', 2],
    ['postgres://u:hun/ter2@127.0.0.1/ledger', 2],
    ['postgres://u:hunter2@127.0.0.1:1/ledger', 69],
  ] as const) {
    const { code: ended, stderr } = await run(['pools', 'list'], { env: { RESOURCE_SHARE_DATABASE: url } });
    t.equal(ended, code, stderr);
    t.match(stderr, /^resource-share: [^\n]+\n$/);
    t.notMatch(stderr, /hunter2|ter2@/);
  }
  const missing = new URL(await temporaryDatabase(t));
  missing.pathname = '/nowhere';
  t.match(await onServer(missing.href)(['pools', 'list']), { code: 69, stderr: /"nowhere" does not exist/ });
});
