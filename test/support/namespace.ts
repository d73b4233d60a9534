/** Another machine, as far as the network is concerned: a network namespace, from which nothing here can be reached. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from './folder.js';

const isPossible = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' }).status === 0;

/** For `skip` of a test. */
export const withoutNamespace = isPossible ? false : 'network namespaces need root, unshare, nsenter and ip';

export interface Namespace {
  /** What a command begins with that is to run there. */
  readonly enter: readonly string[];
}

export interface LinkedMachines {
  readonly server: Namespace;
  readonly desk: Namespace;
}

/** Two of them and a cable. On both, `name` is the address of the server. */
export async function linkMachines(t: Scope, name: string, folder: string): Promise<LinkedMachines> {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, `127.0.0.1 localhost\n10.77.0.1 ${name}\n`);
  const [server, desk] = [await openMachine(t, hosts), await openMachine(t, hosts)];
  const ip = (...args: readonly string[]) => execFileSync('ip', args);
  ip(
    'link',
    'add',
    'rs-cable',
    'netns',
    String(server.pid),
    'type',
    'veth',
    'peer',
    'name',
    'rs-cable',
    'netns',
    String(desk.pid),
  );
  const at = (machine: ChildProcess): Namespace => ({
    enter: ['nsenter', `--net=/proc/${machine.pid}/ns/net`, `--mount=/proc/${machine.pid}/ns/mnt`, `--wd=${folder}`],
  });
  const machines = { server: at(server), desk: at(desk) };
  for (const [{ enter }, address] of [
    [machines.server, '10.77.0.1/24'],
    [machines.desk, '10.77.0.2/24'],
  ] as const) {
    const [command = '', ...rest] = enter;
    execFileSync(command, [...rest, 'ip', 'address', 'add', address, 'dev', 'rs-cable']);
    execFileSync(command, [...rest, 'ip', 'link', 'set', 'rs-cable', 'up']);
  }
  return machines;
}

async function openMachine(t: Scope, hosts: string): Promise<ChildProcess> {
  const script = 'ip link set lo up && mount --bind "$0" /etc/hosts && echo ready && exec sleep infinity';
  const child: ChildProcess = spawn('unshare', ['--net', '--mount', 'sh', '-c', script, hosts], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

/** With its loopback up. At port `port` of that, whatever comes is brought to a Unix socket, as a forward of SSH does. */
export async function openNamespace(t: Scope, port: number, socket: string): Promise<Namespace> {
  const forward = `require('node:net').createServer((from) => {
    const to = require('node:net').connect(${JSON.stringify(socket)});
    from.on('error', () => to.destroy()).pipe(to).on('error', () => from.destroy()).pipe(from);
  }).listen(${port}, '127.0.0.1', () => console.log('ready'))`;
  const script = 'ip link set lo up && exec "$0" -e "$1"';
  const child: ChildProcess = spawn('unshare', ['--net', 'sh', '-c', script, process.execPath, forward], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  return { enter: ['nsenter', `--net=/proc/${child.pid}/ns/net`] };
}
