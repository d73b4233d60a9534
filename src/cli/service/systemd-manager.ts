/** systemd, by `systemctl`. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTimed, type PartName, type Scope, type ServicePlan } from '../../service/plan.js';
import { startedUnits, unitName } from '../../service/systemd.js';
import { failure } from '../exit.js';
import type { PartState, ServiceManager } from './manager.js';
import { callTool, useTool } from './tool.js';

const properties = [
  'UnitFileState',
  'ActiveState',
  'MainPID',
  'ActiveEnterTimestamp',
  'NRestarts',
  'Result',
  'ExecMainStatus',
  'StatusText',
];
const timerProperties = ['UnitFileState', 'ActiveState', 'LastTriggerUSec', 'NextElapseUSecRealtime'];

export class Systemd implements ServiceManager {
  readonly name = 'systemd';
  readonly #scope: Scope;
  readonly #units: string;

  constructor(scope: Scope, units: string) {
    this.#scope = scope;
    this.#units = units;
  }

  async check(): Promise<void> {
    const { stdout, stderr } = await callTool('systemctl', this.#args('is-system-running'));
    // `degraded` is some other unit that failed; `offline` and no answer at all are no systemd.
    if (/^(running|degraded|starting|initializing|maintenance|stopping)/.test(stdout)) return;
    const why = stderr.trim().split('\n')[0] || `it says "${stdout.trim()}"`;
    const how =
      this.#scope === 'user'
        ? 'Log in as this account (su and sudo make no session: use `machinectl shell`, or set XDG_RUNTIME_DIR=/run/user/$(id -u)), or use --system as root'
        : 'Use --dry-run to see the files';
    throw failure(`systemd does not answer here: ${why.replace(/\.$/, '')}. ${how}.`);
  }

  async reload(): Promise<void> {
    await useTool('systemctl', this.#args('daemon-reload'));
  }

  async enable(
    parts: readonly PartName[],
    plan: Pick<ServicePlan, 'socket'>,
    changed: readonly string[],
  ): Promise<void> {
    const units = parts.flatMap((part) => startedUnits(part, plan));
    if (units.length === 0) return;
    await useTool('systemctl', this.#args('enable', ...units));
    const names = new Set(changed.map((path) => basename(path)));
    const drifted = units.filter(
      (unit) => names.has(unit) || (unit === 'resource-share.service' && names.has('service.env')),
    );
    // A socket that changed is taken by the daemon only while that is down.
    if (drifted.includes('resource-share.socket'))
      await useTool('systemctl', this.#args('stop', 'resource-share.service'));
    if (drifted.length > 0) await useTool('systemctl', this.#args('restart', ...drifted));
    await useTool('systemctl', this.#args('start', ...units));
  }

  async disable(parts: readonly PartName[]): Promise<void> {
    const units = this.#there(parts.flatMap((part) => startedUnits(part, { socket: 'any' })));
    if (units.length > 0) await useTool('systemctl', this.#args('disable', '--now', ...units));
  }

  async start(parts: readonly PartName[]): Promise<void> {
    await this.#each('start', parts);
  }

  async stop(parts: readonly PartName[]): Promise<void> {
    await this.#each('stop', parts);
  }

  /** The socket stays open meanwhile. */
  async restart(parts: readonly PartName[]): Promise<void> {
    const units = parts.map((part) => `${unitName(part)}.${isTimed(part) ? 'timer' : 'service'}`);
    await useTool('systemctl', this.#args('restart', ...this.#known(units)));
  }

  async state(part: PartName): Promise<PartState> {
    const unit = `${unitName(part)}.service`;
    const found = await this.#show(unit, properties);
    const timer = isTimed(part) ? await this.#show(`${unitName(part)}.timer`, timerProperties) : null;
    const main = timer ?? found;
    const pid = Number(found.MainPID ?? 0);
    return {
      part,
      unit: timer === null ? unit : `${unitName(part)}.timer`,
      installed: existsSync(join(this.#units, unit)),
      enabled: main.UnitFileState === 'enabled',
      active: main.ActiveState || 'inactive',
      pid: pid > 0 ? pid : null,
      since: timeOf(found.ActiveEnterTimestamp),
      restarts: found.NRestarts ? Number(found.NRestarts) : null,
      lastExit: found.Result ? exitText(found.Result, found.ExecMainStatus ?? '') : null,
      says: found.StatusText || null,
      lastRun: timeOf(timer?.LastTriggerUSec),
      nextRun: timeOf(timer?.NextElapseUSecRealtime),
    };
  }

  async #each(verb: 'start' | 'stop', parts: readonly PartName[]): Promise<void> {
    const units = this.#known(parts.flatMap((part) => startedUnits(part, { socket: 'any' })));
    await useTool('systemctl', this.#args(verb, ...units));
  }

  /** Those of which there is a file; there has to be one. */
  #known(units: readonly string[]): readonly string[] {
    const there = this.#there(units);
    if (there.length === 0)
      throw failure(
        `no unit of it is in ${this.#units}: \`resource-share service enable${this.#scope === 'system' ? ' --system' : ''}\` puts it there.`,
      );
    return there;
  }

  #there(units: readonly string[]): readonly string[] {
    return units.filter((unit) => existsSync(join(this.#units, unit)));
  }

  async #show(unit: string, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const args = this.#args('show', '--timestamp=unix', `--property=${names.join(',')}`, unit);
    const { stdout } = await callTool('systemctl', args);
    return Object.fromEntries(
      stdout
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  #args(...words: readonly string[]): readonly string[] {
    return [...(this.#scope === 'user' ? ['--user'] : []), ...words];
  }
}

/** As `--timestamp=unix` prints it: `@1767225600`. */
function timeOf(text: string | undefined): number | null {
  const [, seconds] = /^@(\d+)/.exec(text ?? '') ?? [];
  return seconds === undefined || Number(seconds) === 0 ? null : Number(seconds) * 1_000;
}

const exitText = (result: string, status: string): string =>
  result === 'exit-code' || result === 'signal' ? `${result} ${status}` : result;
