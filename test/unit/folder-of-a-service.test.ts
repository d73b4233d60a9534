// Goal: root, who asks how a service does that has an account of its own, is not told that the data directory is somebody else's.
import { spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { hostname } from 'node:os';
import t from 'tap';
import { dataFolder } from '../../src/cli/doctor/checks/folder.js';
import { temporaryFolder } from '../support/folder.js';

const account = 61_691;
const notRoot = process.getuid?.() === 0 ? false : 'only root can give a folder to another account';

t.test('the data directory of a service', { skip: notRoot }, async (t) => {
  const folder = temporaryFolder(t);
  chownSync(folder, account, account);
  const running = (uid: number) => {
    const child = spawn('sleep', ['60'], { uid, gid: uid, cwd: '/' });
    t.teardown(() => child.kill());
    return { pid: child.pid as number, host: hostname() };
  };
  const stateBeside = async (writer: object | null) => (await dataFolder.run({ folder, writer } as never)).state;
  t.equal(await stateBeside(running(account)), 'ok', 'of the account that runs the daemon');
  t.equal(await stateBeside(running(65_534)), 'fault', 'of another one');
  t.equal(await stateBeside(null), 'fault', 'nobody has it: it is root who would');
});
