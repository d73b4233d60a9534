// Goal: the ledger does not depend on the folder in which a verb is called: by default it is in one place of the user, and `./data` only where a ledger is already.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { noSettings, program } from '../support/program.js';

const execute = promisify(execFile);

function at(folder: string, env: Readonly<Record<string, string>>) {
  mkdirSync(folder, { recursive: true });
  return async (...args: readonly string[]): Promise<string> => {
    const clean = { PATH: process.env.PATH, XDG_CONFIG_HOME: noSettings, TZ: 'UTC', NO_COLOR: '1', ...env };
    return (await execute(process.execPath, [program, ...args], { cwd: folder, env: clean })).stdout;
  };
}

const use = ['usage', 'record', 'Ada', '--cost', '0.5'];

t.test('two folders, one ledger', async (t) => {
  const folder = temporaryFolder(t);
  const home = { XDG_DATA_HOME: join(folder, 'share') };
  await at(join(folder, 'a'), home)(...use);
  t.match(await at(join(folder, 'b'), home)('usage', 'list'), 'Ada');
  t.ok(existsSync(join(folder, 'share', 'resource-share', 'resource_tracking.db')));
  t.notOk(existsSync(join(folder, 'a', 'data')));
});

t.test('without XDG_DATA_HOME it is below the home', async (t) => {
  const folder = temporaryFolder(t);
  await at(join(folder, 'a'), { HOME: folder })(...use);
  const own =
    process.platform === 'darwin' ? 'Library/Application Support/Resource-Share' : '.local/share/resource-share';
  t.ok(existsSync(join(folder, own, 'resource_tracking.db')));
});

t.test('a ledger that is in ./data already is found there', async (t) => {
  const folder = temporaryFolder(t);
  const here = at(folder, { XDG_DATA_HOME: join(folder, 'share') });
  await here(...use, '--data', 'data');
  t.match(await here('usage', 'list'), 'Ada');
  t.notOk(existsSync(join(folder, 'share')));
  t.match(await here('config', 'show'), /data +\.\/data/);
});
