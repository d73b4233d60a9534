// Goal: a daemon that other machines reach asks for keys, and whoever has one works with it as if it were there.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { makeCertificate } from '../support/certificate.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { onData, run } from './run.js';

const everywhere = ['--host', '0.0.0.0'] as const;

async function ledgerWithKeys(t: Scope) {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const ask = onData(data);
  const admin = join(folder, 'admin.key');
  const made = await ask('keys', 'create', '--scope', 'admin', '--to-file', admin);
  if (made.code !== 0) throw new Error(made.stderr);
  return { folder, data, ask, admin };
}

async function served(t: Scope, data: string, ...flags: readonly string[]) {
  const daemon = await spawnDaemonIn({}, data, ...flags);
  t.teardown(() => daemon.stop());
  return daemon;
}

const idIn = (text: string): string => /rs_([0-9a-z]{8})_/.exec(text)?.[1] as string;

test('a key is written to a new file of this account alone, or shown once', async (t) => {
  const { folder, ask, admin } = await ledgerWithKeys(t);
  t.equal(statSync(admin).mode & 0o777, 0o600);
  const text = readFileSync(admin, 'utf8');
  t.match(text, /^rs_[\w-]{58}\n$/);
  t.match(await ask('keys', 'create', '--scope', 'read', '--to-file', admin), { code: 2, stderr: /there already/ });
  t.equal(readFileSync(admin, 'utf8'), text, 'nothing is overwritten');
  t.match(await ask('keys', 'create'), { code: 64, stderr: /--scope/ });
  t.match(await ask('keys', 'create', '--scope', 'read', '--identity', 'Ada'), { code: 64, stderr: /scope ingest/ });
  const lost = join(folder, 'lost.key');
  t.match(await ask('keys', 'create', '--scope', 'admin', '--identity', 'Ada', '--to-file', lost), { code: 64 });
  t.notOk(statSync(lost, { throwIfNoEntry: false }), 'no file is left of a key that was not made');
  const shown = await ask(
    'keys',
    'create',
    '--scope',
    'ingest',
    '--identity',
    'Ada',
    '--expires',
    '90d',
    '--name',
    'desk',
  );
  t.match(shown, { code: 0, stdout: /^rs_[\w-]{58}\n$/, stderr: /ingest of Ada.*not shown again/ });
  const list = await ask('keys', 'list');
  t.match(list.stdout, /Ada\s+desk\s+works/);
  t.notMatch(list.stdout, /rs_/);
  const again = await ask('keys', 'rotate', idIn(shown.stdout), '--overlap', '1h', '--json');
  t.match(JSON.parse(again.stdout), { key: /^rs_/, scope: 'ingest', identity: 'Ada', label: 'desk' });
  t.match(await ask('keys', 'rotate', idIn(shown.stdout)), { code: 1, stderr: /is replaced/ });
  t.match(await ask('keys', 'revoke', idIn(shown.stdout)), { code: 0, stdout: /works no longer/ });
  t.match(await ask('keys', 'revoke', 'nothing0'), { code: 1, stderr: /no key with the id/ });
  t.match((await ask('keys', 'list')).stdout, /revoked/);
});

test('a daemon is reached from elsewhere with a key, and not without', async (t) => {
  const { folder, data, ask, admin } = await ledgerWithKeys(t);
  const daemon = await served(t, data, ...everywhere);
  const ingest = join(folder, 'ingest.key');
  t.match(await ask('keys', 'create', '--scope', 'ingest', '--identity', 'Ada', '--to-file', ingest), { code: 0 });
  t.equal((await fetch(`${daemon.url}/v1/usage`)).status, 401);
  const spool = join(folder, 'spool');
  const from = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    run([...args, '--url', daemon.url], { env: { RESOURCE_SHARE_SPOOL: spool, ...env } });
  t.match(await from({}, 'report', 'Ada', '--cost', '1'), { code: 2, stderr: /401.*kept in the spool/ });
  const byFile = { RESOURCE_SHARE_KEY_FILE: ingest };
  t.match(await from(byFile, 'report', 'Ada', '--cost', '1'), { code: 0 });
  t.match(await from({ RESOURCE_SHARE_KEY: readFileSync(ingest, 'utf8').trim() }, 'report', 'Ada', '--cost', '1'), {
    code: 0,
  });
  t.match(await from(byFile, 'wait', 'Ada', '--print'), { code: 0 });
  t.match(await from(byFile, 'run', 'Ada', '--', 'true'), { code: 0 });
  t.match(await from(byFile, 'report', 'Grace', '--cost', '1'), { code: 1, stderr: /reports for Ada/ });
  const events = JSON.parse((await ask('audit', 'events', '--type', 'usage.recorded', '--json')).stdout);
  t.same(
    [
      ...new Set(
        events.map(({ actor, payload }: { actor: string; payload: { name: string } }) => `${actor} ${payload.name}`),
      ),
    ],
    [`key:${idIn(readFileSync(ingest, 'utf8'))} Ada`],
  );
  t.match(await ask('keys', 'revoke', idIn(readFileSync(ingest, 'utf8'))), { code: 0 });
  t.match(await from(byFile, 'wait', 'Ada', '--print'), { stderr: /revoked/ });
  t.match(await fetch(`${daemon.url}/v1/whoami`, { headers: { 'x-api-key': readFileSync(admin, 'utf8').trim() } }), {
    status: 200,
  });
});

test('a key is never taken from the command line, nor repeated', async (t) => {
  const { admin } = await ledgerWithKeys(t);
  const key = readFileSync(admin, 'utf8').trim();
  const given = await run(['report', 'Ada', '--cost', '1', `--key=${key}`]);
  t.equal(given.code, 64);
  t.notMatch(given.stdout + given.stderr, key.slice(12));
  const shown = await run(['config', 'show'], { env: { RESOURCE_SHARE_KEY: key } });
  t.match(shown.stdout, `rs_${idIn(key)}_…`);
  t.notMatch(shown.stdout, key.slice(12));
});

test('the line for another machine keeps the key there, and overwrites nothing', async (t) => {
  const { folder, data, ask } = await ledgerWithKeys(t);
  const daemon = await served(t, data, ...everywhere);
  const made = await ask('keys', 'create', '--for-machine', 'desk', '--url', daemon.url);
  t.match(made, { code: 0, stderr: /not HTTPS/ });
  const home = join(folder, 'home');
  const paste = () =>
    execFileSync('sh', ['-c', `mkdir -p '${home}'; ${made.stdout}`], {
      env: { HOME: home, PATH: process.env.PATH },
      stdio: 'pipe',
    });
  paste();
  t.equal(statSync(join(home, '.config/resource-share/key')).mode & 0o777, 0o600);
  const env = { XDG_CONFIG_HOME: join(home, '.config'), RESOURCE_SHARE_SPOOL: join(folder, 'spool') };
  t.match(await run(['report', 'Ada', '--cost', '1'], { env }), { code: 0 });
  t.throws(paste, 'a second time nothing is written');
});

test('with a certificate the port speaks HTTPS', async (t) => {
  const { folder, data, ask } = await ledgerWithKeys(t);
  const { cert, key } = makeCertificate(folder, 'DNS:localhost,IP:127.0.0.1');
  t.match(await ask('serve', '--port', '0', '--tls-cert', cert), { code: 64, stderr: /belong together/ });
  writeFileSync(join(folder, 'bad.pem'), 'nothing');
  t.match(await ask('serve', '--port', '0', '--tls-cert', cert, '--tls-key', join(folder, 'bad.pem')), {
    code: 64,
    stderr: /tls/,
  });
  const daemon = await served(t, data, ...everywhere, '--tls-cert', cert, '--tls-key', key);
  t.match(daemon.url, /^https:/);
  const ingest = join(folder, 'ingest.key');
  t.match(await ask('keys', 'create', '--scope', 'ingest', '--to-file', ingest), { code: 0 });
  const env = { RESOURCE_SHARE_KEY_FILE: ingest, RESOURCE_SHARE_SPOOL: join(folder, 'spool') };
  const report = ['report', 'Ada', '--cost', '1', '--url', daemon.url];
  t.match(await run(report, { env }), { code: 75 }, 'nobody vouches for the certificate');
  t.match(await run(report, { env: { ...env, NODE_EXTRA_CA_CERTS: cert } }), { code: 0 });
});
