/**
 * What systemd does with a socket, as a program: listens at a free port, prints it, and hands it to a daemon, which it starts again
 * whenever that has ended. It waits for the daemon without letting anything else happen in it, so that it takes no connection itself.
 * It ends when the file that is named appears. Arguments: that file, and those of the daemon.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';

const [end = '', ...words] = process.argv.slice(2);
const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  writeSync(1, `${(server.address() as AddressInfo).port}\n`);
  const script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"';
  while (!existsSync(end))
    spawnSync('sh', ['-c', script, 'sh', ...words], { stdio: ['ignore', 'ignore', 'inherit', fd] });
  process.exit(0);
});
