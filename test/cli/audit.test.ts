// Goal: a daemon's audit trail is what Debian's rsyslog understands, by each of its transports, and in a file; a server that was away gets what
// it missed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { makeCertificate } from '../support/certificate.js';
import { spawnDaemon } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';

const hasRsyslog =
  ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].some((path) => existsSync(path)) &&
  spawnSync('sh', ['-c', 'ls /usr/lib/*/rsyslog/lmnsd_gtls.so']).status === 0;

interface Received {
  readonly 'app-name': string;
  readonly procid: string;
  readonly msgid: string;
  readonly pri: string;
  readonly hostname: string;
  readonly 'structured-data': string;
  readonly msg: string;
}

interface AuditRecord {
  readonly id: string;
  readonly type: string;
  readonly seq: number | null;
  readonly previous: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

const ways = ['udp', 'tcp', 'tls', 'datagrams', 'stream'] as const;

/** Debian's rsyslog with a way in of each kind, which writes what comes by each to a file of its own. */
class Rsyslog {
  readonly folder: string;
  readonly urls: Readonly<Record<(typeof ways)[number], string>>;
  readonly ca: string;
  #process: ChildProcess | null = null;

  private constructor(folder: string, ports: readonly number[], ca: string) {
    const [udp, tcp, tls] = ports;
    this.folder = folder;
    this.ca = ca;
    this.urls = {
      udp: `udp://127.0.0.1:${udp}`,
      tcp: `tcp://127.0.0.1:${tcp}`,
      tls: `tls://localhost:${tls}`,
      datagrams: `unix:${join(folder, 'datagrams.sock')}`,
      stream: `unix:${join(folder, 'stream.sock')}`,
    };
  }

  static async make(t: Scope): Promise<Rsyslog> {
    const folder = temporaryFolder(t);
    const ports = [await freePort(), await freePort(), await freePort()];
    const { cert, key } = makeCertificate(folder, 'DNS:localhost');
    const file = (name: string) => join(folder, name);
    writeFileSync(
      file('rsyslog.conf'),
      `
global(workDirectory="${folder}" DefaultNetstreamDriverCAFile="${cert}" DefaultNetstreamDriverCertFile="${cert}" DefaultNetstreamDriverKeyFile="${key}")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
module(load="imuxsock" SysSock.Use="off")
template(name="whole" type="list") { property(name="jsonmesg") constant(value="\\n") }
${ways.map((way) => `ruleset(name="${way}") { action(type="omfile" file="${file(`${way}.json`)}" template="whole") }`).join('\n')}
input(type="imudp" address="127.0.0.1" port="${ports[0]}" ruleset="udp")
input(type="imptcp" address="127.0.0.1" port="${ports[1]}" ruleset="tcp")
input(type="imptcp" path="${file('stream.sock')}" unlink="on" ruleset="stream")
input(type="imtcp" address="127.0.0.1" port="${ports[2]}" ruleset="tls")
input(type="imuxsock" Socket="${file('datagrams.sock')}" UseSpecialParser="off" ParseHostname="on" ruleset="datagrams")
`,
    );
    const rsyslog = new Rsyslog(folder, ports, cert);
    t.teardown(() => rsyslog.stop());
    return rsyslog;
  }

  async start(): Promise<void> {
    const { folder } = this;
    rmSync(join(folder, 'pid'), { force: true });
    const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
    this.#process = spawn('rsyslogd', args, {
      stdio: 'ignore',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    while (!existsSync(join(folder, 'stream.sock'))) await wait(20);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(join(this.folder, 'stream.sock'), { force: true });
  }

  received(way: (typeof ways)[number]): readonly Received[] {
    return linesOf<Received>(join(this.folder, `${way}.json`));
  }
}

/** Whole lines only: the last may be on its way. */
function linesOf<T>(path: string): readonly T[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

async function until<T>(look: () => T, isIt: (found: T) => boolean): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const found = look();
    if (isIt(found) || performance.now() > end) return found;
    await wait(50);
  }
}

const post = (url: string, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const idsOf = (records: readonly AuditRecord[]) => [...new Set(records.map(({ id }) => id))].sort();

const recordOf = ({ msg }: Received): AuditRecord => JSON.parse(msg.trim()) as AuditRecord;

t.test(
  'by every transport of rsyslog, and in a file',
  { timeout: 400_000, skip: !hasRsyslog && 'needs rsyslog' },
  async (t) => {
    const rsyslog = await Rsyslog.make(t);
    await rsyslog.start();
    const folder = temporaryFolder(t);
    const file = join(folder, 'trail', 'audit.ndjson');
    const config = join(folder, 'config.json');
    const syslogs = ways.map((way) => ({ syslog: rsyslog.urls[way], ...(way === 'tls' ? { ca: rsyslog.ca } : {}) }));
    writeFileSync(config, JSON.stringify({ audit: { sinks: [...syslogs, { file }] } }));
    const daemon = await spawnDaemon(join(folder, 'data'), '--config', config, '--log-level', 'silent');
    t.teardown(() => daemon.stop());

    const inFile = () => linesOf<AuditRecord>(file);
    const isKey = ({ type }: { readonly type: string }) => type === 'key.created';
    await until(inFile, (records) => records.some(({ type }) => type === 'audit.began'));
    const name = 'Ünï\u2028 "Ada"\\';
    t.equal(
      (await post(daemon.url, '/v1/events', { type: 'identity.registered', payload: { name: 'Ada' } })).status,
      201,
    );
    const { key } = (await (await post(daemon.url, '/v1/keys', { scope: 'admin', label: name })).json()) as {
      key: string;
    };
    await until(inFile, (records) => records.some(isKey));

    for (const way of ways) {
      const got = await until(
        () => rsyslog.received(way),
        (found) => found.some((each) => recordOf(each).type === 'key.created'),
      );
      t.match(
        got.find(({ msgid }) => msgid === 'identity.registered'),
        { 'app-name': 'resource-share', procid: String(daemon.pid), pri: String(13 * 8 + 5), hostname: /^\S+$/ },
        way,
      );
      t.same(
        idsOf(got.map(recordOf).filter(({ seq }) => seq !== null)),
        idsOf(inFile().filter(({ seq }) => seq !== null)),
        `${way}: the same as in the file`,
      );
      const sequences = got.map((each) => Number(/sequenceId="(\d+)"/.exec(each['structured-data'])?.[1]));
      t.same(
        [...sequences].sort((a, b) => a - b),
        sequences.map((_, i) => i + 1),
        `${way}: numbered without a gap`,
      );
    }
    t.equal(statSync(file).mode & 0o777, 0o600);

    const seen = new Map(ways.map((way) => [way, rsyslog.received(way).length]));
    await rsyslog.stop();
    renameSync(file, `${file}.1`);
    for (let i = 0; i < 3; i += 1)
      t.equal((await post(daemon.url, '/v1/maintenance', { for_s: 60 + i }, { 'x-api-key': key })).status, 200);
    const isLast = ({ type, data }: AuditRecord) => type === 'maintenance.began' && data.until !== undefined;
    const missed = (await until(inFile, (records) => records.filter(isLast).length === 3)).map(({ id }) => id);
    await rsyslog.start();
    for (const way of ways) {
      const since = () =>
        rsyslog
          .received(way)
          .slice(seen.get(way))
          .map((each) => recordOf(each).id);
      const got = await until(since, (ids) => missed.every((id) => ids.includes(id)));
      t.ok(
        missed.every((id) => got.includes(id)),
        `${way}: what it missed`,
        { missed, got },
      );
    }
    t.equal(await daemon.stop(), 0);
    const written = [file, `${file}.1`, ...ways.map((way) => join(rsyslog.folder, `${way}.json`))];
    for (const path of written) t.notOk(readFileSync(path, 'utf8').includes(key.slice(12)), `no key in ${path}`);
  },
);

t.test('what cannot be a sink is refused at the start, each with what is wrong', { timeout: 400_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const config = join(folder, 'config.json');
  for (const sink of [
    { syslog: 'http://x' },
    { file: 'relative' },
    { otlp: 'tcp://x' },
    { otlp: 'http://user:hunter2@x' },
    { syslog: 'udp://x', file: '/x' },
    {},
  ]) {
    writeFileSync(config, JSON.stringify({ audit: { sinks: [sink] } }));
    await t.rejects(spawnDaemon(join(folder, 'data'), '--config', config), JSON.stringify(sink));
  }
});
