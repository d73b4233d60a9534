// Goal: a demo starts whatever else runs on the machine, and its page moves: another port where the usual one is taken, and new events while it serves.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { spawnNode } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';
import { program } from '../support/program.js';

t.test('a demo beside another program', { timeout: 400_000 }, async (t) => {
  // Where somebody else has the port already, that will do.
  const other = createServer().listen(8_765, '127.0.0.1');
  await Promise.race([once(other, 'listening'), once(other, 'error').catch(() => undefined)]).catch(() => undefined);
  t.teardown(() => other.close());

  const data = join(temporaryFolder(t), 'demo');
  const child = spawnNode([program, 'demo', '--data', data, '--log-level', 'error']);
  const ended = once(child, 'exit');
  let remarks = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    remarks += text;
  });
  let said = '';
  let url: string | undefined;
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    url = /http:\/\/[^\s]+/.exec(said)?.[0];
    if (url !== undefined) break;
  }
  t.match(remarks, /Port 8765 is taken by another program/);
  if (url === undefined) throw new Error(`it does not serve: ${remarks}`);

  const feed = await fetch(`${url}/v1/stream`, { headers: { accept: 'text/event-stream' } });
  let seen = '';
  for await (const bytes of feed.body ?? []) {
    seen += Buffer.from(bytes).toString('utf8');
    if ((seen.match(/usage\.recorded/g) ?? []).length >= 2) break;
  }
  t.match(seen, /demo\/1/, 'its events say that they are made');
  child.kill('SIGTERM');
  t.strictSame((await ended)[0], 0);
  t.notMatch(remarks, /"level":(50|60)/);
});
