/** launchd, by `launchctl`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { launchdLabel } from '../../service/launchd.js';
import { isTimed, type PartName, type Scope, type ServicePlan } from '../../service/plan.js';
import { failure } from '../exit.js';
import type { PartState, ServiceManager } from './manager.js';
import { callTool, useTool } from './tool.js';

export class Launchd implements ServiceManager {
  readonly name = 'launchd';
  readonly #domain: string;
  readonly #folder: string;

  constructor(scope: Scope, folder: string) {
    this.#domain = scope === 'system' ? 'system' : `gui/${process.getuid?.() ?? 0}`;
    this.#folder = folder;
  }

  async check(): Promise<void> {
    const { code } = await callTool('launchctl', ['print', this.#domain]);
    if (code !== 0)
      throw failure(
        `launchd has no domain ${this.#domain}: log in at the screen of this machine, or use --system as root.`,
      );
  }

  /** It reads a list when that is bootstrapped. */
  async reload(): Promise<void> {}

  async enable(
    parts: readonly PartName[],
    _plan: Pick<ServicePlan, 'socket'>,
    changed: readonly string[],
  ): Promise<void> {
    for (const part of parts) {
      const path = this.#path(part);
      const isLoaded = await this.#isLoaded(part);
      const isDrifted = changed.includes(path) || changed.some((each) => each.endsWith('/service.env'));
      if (isLoaded && !isDrifted) continue;
      if (isLoaded) await useTool('launchctl', ['bootout', this.#target(part)]);
      await useTool('launchctl', ['enable', this.#target(part)]);
      await useTool('launchctl', ['bootstrap', this.#domain, path]);
    }
  }

  async disable(parts: readonly PartName[]): Promise<void> {
    for (const part of parts) {
      if (await this.#isLoaded(part)) await useTool('launchctl', ['bootout', this.#target(part)]);
      if (existsSync(this.#path(part))) await useTool('launchctl', ['disable', this.#target(part)]);
    }
  }

  async start(parts: readonly PartName[]): Promise<void> {
    for (const part of this.#known(parts)) {
      if (!(await this.#isLoaded(part))) await useTool('launchctl', ['bootstrap', this.#domain, this.#path(part)]);
      if (!isTimed(part)) await useTool('launchctl', ['kickstart', this.#target(part)]);
    }
  }

  /** Its list is taken out, as it would be kept alive otherwise. */
  async stop(parts: readonly PartName[]): Promise<void> {
    for (const part of this.#known(parts))
      if (await this.#isLoaded(part)) await useTool('launchctl', ['bootout', this.#target(part)]);
  }

  async restart(parts: readonly PartName[]): Promise<void> {
    for (const part of this.#known(parts)) {
      if (await this.#isLoaded(part)) await useTool('launchctl', ['kickstart', '-k', this.#target(part)]);
      else await this.start([part]);
    }
  }

  async state(part: PartName): Promise<PartState> {
    const { code, stdout } = await callTool('launchctl', ['print', this.#target(part)]);
    const value = (name: string) => new RegExp(`^\\s*${name} = (.+)$`, 'm').exec(stdout)?.[1]?.trim() ?? null;
    const isRunning = code === 0 && value('state') === 'running';
    const pid = value('pid');
    const runs = value('runs');
    return {
      part,
      unit: launchdLabel(part),
      installed: existsSync(this.#path(part)),
      enabled: code === 0,
      active: isRunning || (code === 0 && isTimed(part)) ? 'active' : 'inactive',
      pid: pid === null ? null : Number(pid),
      since: null,
      restarts: runs === null ? null : Math.max(0, Number(runs) - 1),
      lastExit: value('last exit code'),
      says: null,
      lastRun: null,
      nextRun: null,
    };
  }

  async #isLoaded(part: PartName): Promise<boolean> {
    return (await callTool('launchctl', ['print', this.#target(part)])).code === 0;
  }

  #known(parts: readonly PartName[]): readonly PartName[] {
    const there = parts.filter((part) => existsSync(this.#path(part)));
    if (there.length === 0)
      throw failure(`no list of it is in ${this.#folder}: \`resource-share service enable\` puts it there.`);
    return there;
  }

  #path(part: PartName): string {
    return join(this.#folder, `${launchdLabel(part)}.plist`);
  }

  #target(part: PartName): string {
    return `${this.#domain}/${launchdLabel(part)}`;
  }
}
