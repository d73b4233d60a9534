/** The status of a service as people read it. */
import { durationText } from '../../text/duration.js';
import { visible } from '../../text/visible.js';
import { printLine } from '../output.js';
import { printTable } from '../table.js';
import type { PartState } from './manager.js';
import type { ServiceStatus } from './status.js';

const states = {
  healthy: 'The service is well.',
  degraded: 'The service runs, and something is to be looked after.',
  down: 'The service does not run as it should.',
} as const;

export function printStatus({ state, version, parts, drifted, daemon }: ServiceStatus, now: number): void {
  printTable(
    [
      { head: 'unit', value: ({ unit }) => unit },
      { head: 'installed', value: ({ installed }) => (installed ? 'yes' : 'no') },
      { head: 'enabled', value: ({ enabled }) => (enabled ? 'yes' : 'no') },
      { head: 'active', value: ({ active }) => active },
      { head: 'pid', value: ({ pid }) => (pid === null ? '' : String(pid)), right: true },
      { head: 'since', value: ({ since }) => time(since) },
      { head: 'restarts', value: ({ restarts }) => (restarts === null ? '' : String(restarts)), right: true },
      { head: 'last exit', value: ({ lastExit }) => lastExit },
      { head: 'last run', value: ({ lastRun }) => time(lastRun) },
      { head: 'next run', value: ({ nextRun }) => time(nextRun) },
    ] satisfies { head: string; value: (row: PartState) => string | null; right?: boolean }[],
    parts,
    'There are no parts.',
  );
  for (const { unit, says } of parts) if (says !== null) printLine(`${unit}: ${visible(says)}`);
  if (daemon !== null) {
    const is = daemon.ready ? 'is ready' : `is not ready: ${visible(daemon.fault ?? 'it does not answer')}`;
    printLine(`The daemon at ${daemon.url} ${is}.`);
    if (daemon.version !== null && daemon.version !== version)
      printLine(`It runs ${daemon.version}, and ${version} is installed: \`service restart\` takes that.`);
    if (daemon.jobs !== null) printLine(`Background work is ${daemon.jobs}.`);
    printLine(
      `Last reading of the quota: ${ago(daemon.lastReadingAt, now)}. Last backup: ${ago(daemon.lastBackupAt, now)}.`,
    );
  }
  for (const path of drifted)
    printLine(`${path} is not as it would be rendered now: \`service enable\` writes it again.`);
  printLine(states[state]);
}

const time = (at: number | null): string =>
  at === null ? '' : new Date(at).toISOString().slice(0, 19).replace('T', ' ');

const ago = (at: string | null, now: number): string =>
  at === null ? 'none' : `${durationText(Math.max(0, (now - Date.parse(at)) / 1_000))} ago`;
