// Goal: what listens at the daemon's port while it is away, and says just what the daemon would say, gets nothing from a client that
// knows the data directory, and other accounts do not get to the daemon's socket.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { UsageReporter } from '../../src/client/index.js';
import { jsonOn, run } from '../cli/run.js';
import { bySocket } from '../support/by-socket.js';
import { type Daemon, spawnDaemon, spawnDaemonIn } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';

const use = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 } as const;
const command = { type: 'usage.recorded', payload: use };
const receipt = { status: 'recorded', seq: 3, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', hash: 'a'.repeat(64) };

interface Recorded {
  readonly url: string;
  readonly socket?: string;
}

const recordedIn = (data: string): Recorded => JSON.parse(readFileSync(join(data, 'writer.json'), 'utf8'));

const socketIn = (data: string): string => {
  const { socket } = recordedIn(data);
  if (socket === undefined) throw new Error('the daemon has no socket');
  return socket;
};

async function usesIn(data: string): Promise<number> {
  const events = await jsonOn(data)('audit', 'events', '--type', 'usage.recorded');
  return events.length;
}

/** Answers at a port of the machine as the daemon would. */
async function squatter(t: Scope, port: number) {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    seen.push(`${request.method} ${request.url} ${body}`);
    const reports = body === '' ? [] : [JSON.parse(body)].flat();
    const receipts = reports.map(() => receipt);
    const answer = request.url === '/v1/pools' ? { pools: [{ pool: 'default', time_zone: 'UTC' }] } : receipts;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.close().closeAllConnections();
    await once(server, 'close');
  };
  t.teardown(close);
  return { seen, close, port: (server.address() as AddressInfo).port };
}

async function running(t: Scope, start: Promise<Daemon>): Promise<Daemon> {
  const daemon = await start;
  t.teardown(() => daemon.stop());
  return daemon;
}

const patient = { timeoutMs: 300, backoff: { baseMs: 5, maxMs: 20 } };

t.test('a client that knows the data directory sends a squatter nothing', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const spool = join(temporaryFolder(t), 'spool');
  for (const end of ['SIGTERM', 'SIGKILL'] as const) {
    const first = await running(t, spawnDaemon(data));
    const { port } = new URL(first.url);
    first.process.kill(end);
    await first.ended;

    const { seen, close } = await squatter(t, Number(port));
    const reporter = new UsageReporter({ ...{ url: first.url, data }, spool, ...patient });
    const outcome = await reporter.report(use);
    t.match(outcome, { status: 'spooled', cause: { transient: true } }, `after ${end}`);
    const said = await run(['report', 'Ada', '--cost', '1', '--data', data, '--spool', spool, '--timeout', '300ms']);
    t.match(said, { code: 75, stdout: /Spooled, and safe: no(thing| daemon)/, stderr: /--url names another/ });
    t.same(seen, [], `nothing was sent after ${end}`);

    await close();
    const second = await running(t, spawnDaemon(data, '--port', port));
    const later = new UsageReporter({ ...{ url: first.url, data }, spool, timeoutMs: 20_000 });
    t.match(await later.flush(), { accepted: 2, waiting: 0 });
    await second.stop();
  }
  t.equal(await usesIn(data), 4);
});

t.test('verbs and reports go by the socket, whatever listens at the port', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  await running(t, spawnDaemon(data));
  const { seen, port } = await squatter(t, 0);
  const recorded = { ...recordedIn(data), url: `http://127.0.0.1:${port}` };
  writeFileSync(join(data, 'writer.json'), JSON.stringify(recorded));
  const spool = join(temporaryFolder(t), 'spool');
  t.match(await run(['usage', 'record', 'Ada', '--cost', '1', '--data', data]), { code: 0 });
  const report = ['report', 'Ada', '--cost', '1', '--spool', spool];
  t.match(await run([...report, '--data', data, '--at', '2026-01-05']), { code: 0, stdout: /^Recorded as seq/ });
  t.match(await run([...report, '--url', `unix:${recorded.socket}`]), { code: 0, stdout: /^Recorded as seq/ });
  t.same(seen, []);
  t.equal(await usesIn(data), 3);
});

t.test('the socket is closed to other accounts', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const session = temporaryFolder(t);
  await running(t, spawnDaemonIn({ XDG_RUNTIME_DIR: session }, data));
  const socket = socketIn(data);
  t.match(socket.slice(session.length), /^\/resource-share\/rs-[0-9a-f]{8}\.sock$/);
  t.equal(lstatSync(socket).mode & 0o777, 0o600);
  t.equal(lstatSync(join(session, 'resource-share')).mode & 0o777, 0o700);
  if (process.getuid?.() !== 0) return;
  const program = `require('net').connect(${JSON.stringify(socket)}, () => process.exit(0)).on('error', (e) => {
    console.log(e.code);
    process.exit(1);
  })`;
  const as = (id: number) => spawnSync(process.execPath, ['-e', program], { uid: id, gid: id, cwd: '/' });
  const nobody = 65_534;
  chmodSync(session, 0o755);
  t.match(as(nobody), { status: 1, stdout: /EACCES/ }, 'by the folder');
  chmodSync(join(session, 'resource-share'), 0o755);
  t.match(as(nobody), { status: 1, stdout: /EACCES/ }, 'and by the file');
  t.equal(as(0).status, 0);
});

t.test('who calls there is no browser, so that no header says where they come from', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await running(t, spawnDaemon(data));
  const socket = socketIn(data);
  const headers = { host: 'ledger.test', origin: 'http://ledger.test', 'sec-fetch-site': 'cross-site' };
  t.equal((await bySocket(socket, '/v1/usage', { headers })).status, 200);
  const written = await bySocket(socket, '/v1/events', { headers, body: command });
  t.equal(written.status, 201);
  const [event] = await jsonOn(data)('audit', 'events', '--type', 'usage.recorded');
  t.equal(event.actor, 'local');
  t.equal((await fetch(`${daemon.url}/v1/usage`, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
  t.match(await bySocket(socket, '/%zz', { headers }), { status: 400, body: /request_invalid/ });
});

t.test('a socket that a daemon left behind is taken over, one that is answered is not', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const session = temporaryFolder(t);
  const inSession = { XDG_RUNTIME_DIR: session };
  const first = await running(t, spawnDaemonIn(inSession, data));
  const socket = socketIn(data);
  first.process.kill('SIGKILL');
  await first.ended;
  t.ok(existsSync(socket), 'it died with it');

  const second = await running(t, spawnDaemonIn(inSession, data));
  t.equal(socketIn(data), socket);
  t.equal((await bySocket(socket, '/health')).status, 200);
  await second.stop();
  t.notOk(existsSync(socket), 'one that stops removes it');

  const other = createSocketServer((connection) => connection.destroy()).listen(socket);
  await once(other, 'listening');
  const third = await running(t, spawnDaemonIn(inSession, data));
  t.equal(socketIn(data), join(data, socket.slice(socket.lastIndexOf('/') + 1)), 'the data directory has room, too');
  t.equal((await bySocket(socketIn(data), '/health')).status, 200);
  await third.stop();
  other.close();
  await once(other, 'close');

  writeFileSync(socket, 'notes');
  const fourth = await running(t, spawnDaemonIn(inSession, data));
  t.not(socketIn(data), socket);
  await fourth.stop();
  t.equal(readFileSync(socket, 'utf8'), 'notes', 'what is no socket is left alone');
});

t.test('a socket that was removed is made again', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const session = temporaryFolder(t);
  await running(t, spawnDaemonIn({ XDG_RUNTIME_DIR: session }, data));
  const spool = join(temporaryFolder(t), 'spool');
  rmSync(session, { recursive: true });
  const reporter = new UsageReporter({ data, spool, ...patient, timeoutMs: 30_000 });
  t.match(await reporter.report(use), { status: 'recorded' });
  t.match(socketIn(data).slice(data.length), /^\/rs-/, 'in the data directory, as the folder of the session is gone');
  t.notOk(existsSync(session));
});

t.test('a folder that others can write to is trusted by neither side', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const session = temporaryFolder(t);
  const folder = join(session, 'resource-share');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const daemon = await running(t, spawnDaemonIn({ XDG_RUNTIME_DIR: session }, data));
  const inData = socketIn(data);
  t.match(inData.slice(data.length), /^\/rs-/);
  const spool = join(temporaryFolder(t), 'spool');
  const planted = join(folder, 'planted.sock');
  const other = createServer((_request, response) => response.end(JSON.stringify([receipt]))).listen(planted);
  await once(other, 'listening');
  t.teardown(() => other.close());
  const reporter = new UsageReporter({ url: `unix:${planted}`, spool, ...patient });
  t.match(await reporter.report(use), {
    status: 'spooled',
    cause: { transient: false, message: /other accounts can write to .*resource-share/ },
  });
  const linked = join(data, 'linked.sock');
  symlinkSync(inData, linked);
  const astray = new UsageReporter({ url: `unix:${linked}`, spool, ...patient });
  t.match(await astray.report(use), { cause: { transient: false, message: /is no socket/ } });
  writeFileSync(join(data, 'writer.json'), JSON.stringify({ ...recordedIn(data), socket: planted }));
  t.match(await run(['usage', 'record', 'Ada', '--cost', '1', '--data', data]), { code: 0 });
  t.equal(await usesIn(data), 1, `verbs go to ${daemon.url} then, which nobody else can have`);
  t.match(await new UsageReporter({ data, spool, ...patient }).flush(), { waiting: 2, cause: { transient: false } });
});

t.test('--no-socket', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const spool = join(temporaryFolder(t), 'spool');
  const daemon = await running(t, spawnDaemon(data, '--no-socket'));
  t.equal(recordedIn(data).socket, undefined);
  const reporter = new UsageReporter({ data, spool, ...patient, timeoutMs: 10_000 });
  t.match(await reporter.report(use), { status: 'recorded' }, 'by the port, as the daemon says where it is');
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  const { seen } = await squatter(t, Number(new URL(daemon.url).port));
  t.match(await reporter.report(use), { status: 'spooled' }, 'the process that said so is gone');
  t.same(seen, []);
  const again = await running(t, spawnDaemonIn({ RESOURCE_SHARE_SERVER_SOCKET: 'false' }, data));
  t.equal(recordedIn(data).socket, undefined);
  await again.stop();
});

t.test('where a path is too long for a socket, the daemon says so and serves its port', async (t) => {
  const data = join(temporaryFolder(t), 'd'.repeat(100));
  const daemon = await running(t, spawnDaemon(data));
  t.equal(recordedIn(data).socket, undefined);
  t.equal((await fetch(`${daemon.url}/health`)).status, 200);
});

t.test('a daemon that stops finishes what came by the socket, too', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const daemon = await running(t, spawnDaemon(data));
  const socketPath = socketIn(data);
  const feed = request({ socketPath, path: '/v1/stream' }).end();
  const [events] = (await once(feed, 'response')) as [IncomingMessage];
  const sending = request({
    socketPath,
    path: '/v1/events',
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  const line = `${JSON.stringify(command)}\n`;
  sending.write(line);
  const [answer] = await answered;
  daemon.process.kill('SIGTERM');
  await text(events);
  sending.end(line);
  t.equal((await text(answer)).trim().split('\n').length, 2);
  t.equal(await daemon.ended, 0);
  t.notOk(existsSync(socketPath));
  t.equal(await usesIn(data), 2);
});
