/**
 * A machine that systemd has booted: this one, seen through a layer that keeps what is changed, in a container of `systemd-nspawn`. It runs
 * one script as root, and what that prints is what it answers.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './folder.js';
import { temporaryFolder } from './folder.js';

const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

/** For `skip` of a test: why it cannot be; false where it can. */
export function withoutBoot(): string | false {
  if (process.getuid?.() !== 0) return 'booting needs root';
  const missing = ['systemd-nspawn', 'unshare', 'mount', 'curl'].filter((tool) => !has(tool));
  if (missing.length > 0) return `${missing.join(', ')} is not installed`;
  const layered =
    'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m';
  return spawnSync('unshare', ['--mount', 'sh', '-c', layered]).status === 0 ? false : 'nothing can be mounted here';
}

export interface Booted {
  readonly output: string;
  readonly seconds: number;
}

/** `prepare` changes the files of the machine, at the path it is given, before it boots. */
export async function boot(t: Scope, script: string, prepare: string, secondsMax: number): Promise<Booted> {
  const folder = temporaryFolder(t);
  const layer = join(folder, 'layer');
  mkdirSync(layer);
  execFileSync('mount', ['-t', 'tmpfs', 'none', layer]);
  for (const name of ['upper', 'work', 'root']) mkdirSync(join(layer, name));
  const root = join(layer, 'root');
  const places = `lowerdir=/,upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`;
  execFileSync('mount', ['-t', 'overlay', 'none', '-o', places, root]);
  t.teardown(() => {
    spawnSync('umount', ['--recursive', '--lazy', layer]);
  });
  const began = performance.now();
  writeFileSync(
    join(root, 'script.sh'),
    `${script}\necho "script ended with $?"\nsystemctl poweroff --force --force\n`,
  );
  writeFileSync(
    join(root, 'etc/systemd/system/script.service'),
    '[Unit]\nAfter=basic.target network.target\n[Service]\nType=exec\nExecStart=/bin/bash /script.sh\nStandardOutput=file:/script.out\nStandardError=file:/script.out\n',
  );
  writeFileSync(
    join(root, 'etc/systemd/system/script.target'),
    '[Unit]\nRequires=basic.target\nWants=script.service\nAfter=basic.target\nAllowIsolate=yes\n',
  );
  execFileSync('bash', ['-euc', prepare, 'bash', root]);
  const args = [
    '--directory',
    root,
    '--boot',
    '--register=no',
    '--keep-unit',
    '--private-network',
    '--link-journal=no',
    '--console=pipe',
    '--machine',
    `boot-${process.pid}`,
    'systemd.unit=script.target',
  ];
  const container = spawn('systemd-nspawn', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(container, 'exit');
  let console = '';
  for (const output of [container.stdout, container.stderr])
    output.setEncoding('utf8').on('data', (text) => {
      console += text;
    });
  const timer = setTimeout(() => container.kill('SIGKILL'), secondsMax * 1_000);
  await ended;
  clearTimeout(timer);
  const output = execFileSync('cat', [join(root, 'script.out')], { encoding: 'utf8' });
  return { output: output === '' ? console : output, seconds: (performance.now() - began) / 1_000 };
}
