// Goal: a password on the command line is refused, with the ways that work, and what a peer says cannot drive a terminal.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { visible, visibleLines } from '../../src/text/visible.js';
import { run } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';

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

t.test('the words of a peer', async (t) => {
  const evil = 'no\u001b]0;owned\u0007 \u009b2J \u202egnp.exe \u200b!';
  const server = createServer((_request, response) => {
    response.writeHead(422).end(JSON.stringify({ detail: evil, retry: 'never' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
