// Goal: each of the nodes that serve one database on one machine has a socket of its own, which whoever knows database and port finds.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { spawnDaemon, spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { temporaryDatabase } from '../support/postgres.js';
import { run } from './run.js';

t.test('a socket for each node', async (t) => {
  const database = await temporaryDatabase(t);
  const [session, state] = [temporaryFolder(t), temporaryFolder(t)];
  const nodes = await Promise.all([1, 2].map(() => spawnDaemonIn({ XDG_RUNTIME_DIR: session }, database)));
  t.teardown(() => Promise.all(nodes.map((node) => node.stop())));
  const folder = join(session, 'resource-share');
  const sockets = readdirSync(folder);
  t.equal(sockets.length, 2);
  t.ok(sockets.every((name) => /^rs-[0-9a-f]{8}\.sock$/.test(name)));

  const withPassword = new URL(database);
  withPassword.password = 'hunter2';
  for (const { url } of nodes) {
    // Nobody listens at this address: only the port of the node is right.
    const nowhere = url.replace('127.0.0.1', '127.0.0.2');
    const report = (env: Readonly<Record<string, string>>) =>
      run(['report', 'Ada', '--cost', '1', '--timeout', '2s', '--url', nowhere], {
        env: { XDG_STATE_HOME: state, RESOURCE_SHARE_DATABASE: withPassword.href, ...env },
      });
    t.match(await report({ XDG_RUNTIME_DIR: session }), { code: 0, stdout: /^Recorded as seq/ });
    t.match(await report({}), { code: 75 }, 'without the folder of the session there is only the port');
    t.match(await report({ XDG_RUNTIME_DIR: session }), { code: 0 }, 'what waits goes along');
  }
  await Promise.all(nodes.map((node) => node.stop()));
  t.same(readdirSync(folder), []);
});

t.test('a node without a folder for it has no socket', async (t) => {
  const node = await spawnDaemon(await temporaryDatabase(t));
  t.equal((await fetch(`${node.url}/health`)).status, 200);
  t.equal(await node.stop(), 0);
  t.notOk(existsSync('resource-share'));
});
