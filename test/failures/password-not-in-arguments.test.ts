// Goal: a password on the command line is refused, with the ways that work, and what a peer says cannot drive a terminal.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { visible, visibleLines } from '../../src/text/visible.js';
import { run } from '../cli/run.js';
import { type Scope, temporaryFolder } from '../support/folder.js';

t.test('a password among the arguments', async (t) => {
  for (const url of [
    'postgres://u:hunter2@127.0.0.1:1/ledger',
    'postgres://u:hun/ter2@127.0.0.1:1/ledger',
    'postgresql://127.0.0.1:1/ledger?sslmode=disable&password=hunter2',
  ]) {
    const { code, stderr } = await run(['pools', 'list', '--database', url]);
    t.equal(code, 64, stderr);
    t.match(stderr, /RESOURCE_SHARE_DATABASE.*configuration file.*PGPASSFILE/);
    t.notMatch(stderr, /hunter2|ter2@/);
  }
  const { code } = await run(['pools', 'list'], {
    env: { RESOURCE_SHARE_DATABASE: 'postgres://u:hunter2@127.0.0.1:1/ledger' },
  });
  t.equal(code, 69, 'by the environment it is taken');
  t.equal((await run(['pools', 'list', '--database', 'postgres://u@127.0.0.1:1/ledger'])).code, 69);
});

t.test('a password in the URL of a daemon, which a proxy may ask for', async (t) => {
  const url = 'http://u:hunter2@127.0.0.1:1/ledger';
  const report = ['report', 'Ada', '--timeout', '100ms', '--spool', join(temporaryFolder(t), 'spool')];
  const refused = await run([...report, '--url', url]);
  t.match(refused, { code: 64, stderr: /RESOURCE_SHARE_URL/ });
  const env = { RESOURCE_SHARE_URL: url };
  const taken = await run(report, { env });
  t.equal(taken.code, 75, 'by the environment it is taken');
  const shown = await run(['config', 'show', '--json'], { env });
  t.equal(JSON.parse(shown.stdout).url, 'http://u@127.0.0.1:1/ledger');
  const faulty = await run(report, { env: { RESOURCE_SHARE_URL: 'ftp://u:hunter2@127.0.0.1/' } });
  t.equal(faulty.code, 64);
  for (const { stdout, stderr } of [refused, taken, shown, faulty]) t.notMatch(stdout + stderr, 'hunter2');
});

const evil = 'no\u001b]0;owned\u0007 \u009b2J \u202egnp.exe \u200b!';
const receipt = { status: 'recorded', seq: 3, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', hash: 'a'.repeat(64) };

/** The address of a server that says the same to everybody: a socket, as one at a port would have to prove first who it is. */
async function saying(t: Scope, status: number, body: object): Promise<string> {
  const path = join(temporaryFolder(t), 's.sock');
  const server = createServer((_request, response) => {
    response.writeHead(status).end(JSON.stringify(body));
  }).listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `unix:${path}`;
}

t.test('the words of a peer that asks for patience, or says when to run again', async (t) => {
  const later = await saying(t, 503, { detail: evil, retry: 'later' });
  const spool = join(temporaryFolder(t), 'spool');
  const args = ['--url', later, '--spool', spool, '--timeout', '100ms'];
  const advice = { interval_s: evil, quota_paused: false, reason: evil };
  const recorded = await saying(t, 200, [{ ...receipt, advice }]);
  const believed = ['report', 'Ada', '--url', recorded, '--spool', join(temporaryFolder(t), 'spool')];
  for (const words of [
    ['report', 'Ada', ...args],
    ['report', '--flush', ...args],
    ['report', 'Eve', '--print', 'interval', ...args],
    [...believed, '--print', 'interval'],
    believed,
  ]) {
    const { stdout, stderr } = await run(words);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notMatch(stdout + stderr, /[\u001b\u0007\u0080-\u009f\u202e\u200b]/, words.join(' '));
  }
  t.match(await run([...believed, '--print', 'interval']), { code: 2, stdout: '' }, 'an interval is a number');
});

t.test('the log, whoever reads it', async (t) => {
  const { logDestination } = await import('../../src/daemon/log-destination.js');
  let written = '';
  const write = (line: string) => {
    written += line;
  };
  const destination = await logDestination({ isTTY: false, write });
  destination.write(`${JSON.stringify({ msg: evil })}\n`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  t.notMatch(written, /[\u001b\u0007\u0080-\u009f\u202e\u200b]/);
  t.equal(JSON.parse(written).msg, evil, 'means the same');
});

t.test('the words of a peer', async (t) => {
  const url = await saying(t, 422, { detail: evil, retry: 'never' });
  for (const json of [[], ['--json']]) {
    const spool = join(temporaryFolder(t), 'spool');
    const args = ['report', 'Ada', '--cost', '1', '--url', url, '--spool', spool, ...json];
    const { stdout, stderr } = await run(args);
    t.match(stdout + stderr, '\\u001b]0;owned\\u0007 \\u009b2J \\u202egnp.exe \\u200b!');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notMatch(stdout + stderr, /[\u001b\u0007\u0080-\u009f\u202e\u200b]/);
  }
});

t.test('what is seen stays as it is, and JSON means the same', async (t) => {
  for (const text of ['Ada', 'نمی‌خواهم', '👩‍👩‍👧', 'a\u0301', '日本']) t.equal(visible(text), text);
  t.equal(visible('a\nb\u{E0001}'), 'a\\u000ab\\udb40\\udc01');
  t.equal(visibleLines('a\nb\r'), 'a\nb\\u000d');
  const value = { 'a\u202e': ['\u001b\u009b\u{E0001}', 'نمی‌خواهم'] };
  t.same(JSON.parse(visibleLines(JSON.stringify(value, null, 2))), value);
});
