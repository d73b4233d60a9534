/** The machine around the daemon: its clock, where the log of the daemon goes, and how busy it is. */
import { execFile } from 'node:child_process';
import { readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { packageVersion } from '../../../package-root.js';
import { type Check, type DaemonReply, fault, ok, skipped, warning } from '../check.js';

const run = promisify(execFile);
const answerMsMax = 2_000;

/** Whether something sets the clock of the machine, as systemd knows it of the kernel: whichever program does. */
export const timeServer: Check = {
  id: 'time-server',
  async run() {
    const asked = run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { timeout: answerMsMax });
    const state = await asked.then(({ stdout }) => stdout.trim()).catch(() => '');
    if (state === 'yes') return ok('A time server sets the clock of this machine.');
    if (state !== 'no') return skipped('The system does not say whether a time server sets its clock.');
    return warning(
      'No time server sets the clock of this machine.',
      'Turn that on: `timedatectl set-ntp true`, or install chrony (docs/operating/clock.md).',
    );
  },
};

const logBytesMax = 256 * 2 ** 20;

/** As far as Linux tells this account. */
export const logFile: Check = {
  id: 'log-file',
  async run({ writer }) {
    if (writer === null || writer.host !== hostname()) return skipped('No daemon runs on this machine.');
    const path = stderrOf(writer.pid);
    if (path === null) return skipped('The system does not say where the log of the daemon goes.');
    if (!path.startsWith('/')) return ok('The log of the daemon goes to who started it, and into no file.');
    if (path.endsWith(' (deleted)'))
      return fault(
        `The log of the daemon goes into a file that was removed: ${path.replace(/ \(deleted\)$/, '')}.`,
        'Restart the daemon; have the file rotated by `copytruncate`, or let systemd keep the log.',
      );
    const bytes = statSync(path, { throwIfNoEntry: false })?.isFile() ? statSync(path).size : 0;
    const text = `The log of the daemon, ${path}, has ${(bytes / 2 ** 20).toFixed(0)} MiB.`;
    if (bytes <= logBytesMax) return ok(text);
    return warning(text, 'Nobody rotates it: have logrotate do so with `copytruncate`, or let systemd keep the log.');
  },
};

function stderrOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/fd/2`);
  } catch {
    return null;
  }
}

const loadMs = 500;
const processorMax = 0.8;
const memoryMax = 1.5e9;
const queueMax = 100;

/** How much it takes, over half a second. A machine with nothing to do is well. */
export const load: Check = {
  id: 'load',
  async run({ ask }) {
    if (ask === null) return skipped('No daemon runs.');
    const before = await ask('metrics.json');
    if (before.status !== 200) return skipped(`The daemon does not say: it answered ${before.status}.`);
    await wait(loadMs);
    const after = await ask('metrics.json');
    const seconds = (after.body.at - before.body.at) / 1_000;
    const cpu = (reply: DaemonReply) => figureOf(reply, 'process_cpu_seconds_total');
    const busy = seconds > 0 ? (cpu(after) - cpu(before)) / seconds : 0;
    const memory = figureOf(after, 'process_resident_memory_bytes');
    const queued = figureOf(after, 'resource_share_queue_commands');
    const gigabytes = (memory / 1e9).toFixed(1);
    if (memory > memoryMax)
      return warning(
        `The daemon takes ${gigabytes} GB of memory.`,
        'Restart it when that suits: it drains first. If it grows again, see docs/operating/troubleshooting.md#it-takes-much-memory.',
      );
    if (queued > queueMax)
      return warning(
        `${queued} commands wait for their transaction.`,
        'The disk is slow, or more is reported than it takes: docs/operating/troubleshooting.md#it-is-slow.',
      );
    if (busy > processorMax)
      return warning(
        `The daemon takes ${Math.round(100 * busy)} % of a processor.`,
        'See what is asked of it (`serve --log-level debug`), and docs/operating/troubleshooting.md#it-is-slow.',
      );
    return ok(
      `The daemon takes ${Math.round(100 * busy)} % of a processor and ${gigabytes} GB; ${queued} commands wait.`,
    );
  },
};

const figureOf = ({ body }: DaemonReply, name: string): number =>
  body.metrics.find((family: { name: string }) => family.name === name)?.samples[0]?.value ?? 0;

export const runningVersion: Check = {
  id: 'running-version',
  async run({ ask }) {
    if (ask === null) return skipped('No daemon runs.');
    const { body } = await ask('health');
    if (typeof body?.version !== 'string') return skipped('The daemon does not say of which release it is.');
    if (body.version === packageVersion) return ok(`The daemon is of this release, ${packageVersion}.`);
    return warning(
      `The daemon is of the release ${body.version}, and ${packageVersion} is installed.`,
      'Restart it: what waits is finished first.',
    );
  },
};
