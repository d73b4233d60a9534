// Goal: whoever knows that their server is slow to answer says so in its URL, as everywhere else.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';

t.test('`connect_timeout` of the URL says how long each host may take', { timeout: 400_000 }, async (t) => {
  const connected: Socket[] = [];
  const server = createServer((socket) => void connected.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of connected) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ended: string[] = [];
  const open = async (options: string) => {
    await t.rejects(openEngine(`postgres://u@127.0.0.1:${port}/x${options}`, 'reader'), /cannot be reached/, options);
    ended.push(options);
  };
  await Promise.all([open(''), open('?connect_timeout=12'), open('?connect_timeout=1')]);
  t.same(ended, ['?connect_timeout=1', '', '?connect_timeout=12']);
});
