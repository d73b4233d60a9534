// Goal: a server whose tables cannot be written says at /ready that it is not ready, and why, instead of refusing every report.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { systemClock } from '../../src/runtime/clock.js';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { queryOnce } from '../support/postgres-server.js';
import { noData, noSettings, program } from '../support/program.js';

for (const engine of variants) {
  t.test(`tables that are not what they have to be, on ${engine.name}`, async (t) => {
    const place = await engine.place(t, { calm: true });
    const server = await testServer(t, { place, engine });
    const ready = async () => {
      server.clock.advance(1_000);
      return (await server.get('/ready')).json();
    };
    t.match(await ready(), { status: 'ready' });
    for (const [spoil, mend, found] of [
      [
        'ALTER TABLE quota_info RENAME TO elsewhere',
        'ALTER TABLE elsewhere RENAME TO quota_info',
        /table quota_info is missing/,
      ],
      [
        'ALTER TABLE daily_resource_share RENAME COLUMN total_tokens TO tokens',
        'ALTER TABLE daily_resource_share RENAME COLUMN tokens TO total_tokens',
        /daily_resource_share has no total_tokens/,
      ],
    ] as const) {
      await engine.meddle(place, spoil);
      t.match(await ready(), { status: 503, code: 'not_writable', detail: found });
      await engine.meddle(place, mend);
      t.match(await ready(), { status: 'ready' }, 'it is ready by itself when that is mended');
    }
  });
}

const postgres = variants.find(({ name }) => name === 'postgres');

t.test(
  'a role that lost its rights',
  { skip: postgres === undefined ? 'PostgreSQL was not chosen' : false },
  async (t) => {
    if (postgres === undefined) return;
    const place = await postgres.place(t, { calm: true });
    const role = `role_${randomBytes(6).toString('hex')}`;
    await queryOnce(
      place,
      `CREATE ROLE ${role} LOGIN PASSWORD 'given'; GRANT CREATE, USAGE ON SCHEMA public TO ${role}`,
    );
    t.teardown(() => queryOnce(place, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const own = new URL(place);
    own.username = role;
    own.password = 'given';
    const server = await testServer(t, { place: own.href, engine: postgres });
    const ready = async () => {
      server.clock.advance(1_000);
      return (await server.get('/ready')).json();
    };
    t.match(await ready(), { status: 'ready' });
    await queryOnce(place, `REVOKE INSERT ON daily_resource_share FROM ${role}`);
    t.match(await ready(), { status: 503, code: 'not_writable', detail: /may not change daily_resource_share/ });
    await queryOnce(place, `GRANT INSERT ON daily_resource_share TO ${role}`);
    t.match(await ready(), { status: 'ready' });
    await server.close();
  },
);

const noMounts =
  spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'mounts need a user who may make them, and Linux';

/** A daemon that sees mounts of its own, and what runs a script among them; `$1` is its folder. */
async function mounted(t: Scope): Promise<{ readonly url: string; inside(script: string): void }> {
  const data = join(temporaryFolder(t), 'data');
  mkdirSync(data, { mode: 0o700 });
  const serve = [process.execPath, program, 'serve', '--port', '0', '--data', data, '--log-level', 'silent'];
  const child = spawn('unshare', ['-m', ...serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_DATA_HOME: noData, XDG_CONFIG_HOME: noSettings },
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await ended;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url: /http:\S+/.exec(line)?.[0] ?? '',
    inside(script) {
      const args = ['-t', String(child.pid), '-m', 'sh', '-c', script, 'sh', data];
      const { status, stderr } = spawnSync('nsenter', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    },
  };
}

t.test('a folder that is mounted for reading only from now on', { skip: noMounts }, async (t) => {
  const { url, inside } = await mounted(t);
  const ready = async () => (await (await fetch(`${url}/ready`)).json()) as { status: unknown };
  t.match(await ready(), { status: 'ready' });
  inside('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"');
  const deadline = systemClock.elapsed() + 30_000;
  let seen = await ready();
  while (seen.status === 'ready' && systemClock.elapsed() < deadline) seen = await ready();
  t.match(seen, { status: 503, code: 'not_writable', detail: /cannot be written to \(EROFS\)/ });
  inside('umount "$1"');
  t.match(await ready(), { status: 'ready' });
});
