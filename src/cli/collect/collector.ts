/** Collects for one pool, format after format, with what the command line and the settings say. */
import type { Command } from 'commander';
import { collect } from '../../intake/collect.js';
import { CursorFile, type CursorHome } from '../../intake/cursor-file.js';
import { follow, type PassSettings } from '../../intake/follow.js';
import { lookAtTmux } from '../../intake/tmux.js';
import type { Surroundings } from '../../intake/who.js';
import { whoseOf } from '../../intake/whose-of.js';
import { systemClock } from '../../runtime/clock.js';
import { defaultPoolName } from '../../settings/default-pool.js';
import { processEnvironment, usualCursors } from '../../settings/environment.js';
import { type Resolved, requireSettings } from '../../settings/resolve.js';
import type { Source } from '../../sources/source.js';
import { type ModeOptions, surroundingsOf } from '../mode.js';
import { withPoolClient } from '../open-client.js';
import { type Globals, globalsOf, settingsFor } from '../options.js';
import { remark } from '../output.js';
import { ProgressLine } from '../progress.js';
import { daemonAccess, type LedgerAccess, localAccess, localLedger } from './access.js';
import type { Collected } from './print.js';
import { type Stopping, withStopping } from './stopping.js';

/** A format, and where it is read. */
export interface CollectTask {
  readonly source: Source;
  readonly roots: readonly string[];
  /** By which its cursor is found: those too that do not exist yet. */
  readonly named: readonly string[];
}

export interface CollectorOptions extends ModeOptions {
  readonly cursorDir?: string;
  readonly timeout: number;
}

/** So long what tmux says of its sessions is believed. */
const tmuxMs = 10_000;
/** Reading less is done before anybody reads how far it is. */
const progressBytesMin = 5_000_000;

export class Collector {
  readonly #globals: Globals;
  readonly #resolved: Resolved;
  readonly #options: CollectorOptions;
  readonly #around: Surroundings;
  #tmux: { readonly at: number; readonly view: Surroundings['tmux'] } | null = null;

  constructor(command: Command, options: CollectorOptions) {
    this.#globals = globalsOf(command);
    this.#resolved = settingsFor(command);
    this.#options = options;
    const { agent, sources } = requireSettings(this.#resolved, 'agent', 'sources');
    this.#around = { ...surroundingsOf(sources), identity: agent };
  }

  /** What became of each, up to the first that was broken off. */
  collect(tasks: readonly CollectTask[]): Promise<Collected[]> {
    return withStopping(async (stopping) => {
      const collected: Collected[] = [];
      await this.#withAccess(stopping, async (access) => {
        for (const task of tasks) {
          const one = await this.#collectOne(access, task, stopping);
          collected.push(one);
          if (!one.isComplete) return;
        }
      });
      return collected;
    });
  }

  /** Returns when somebody has stopped it. */
  follow(tasks: readonly CollectTask[], onCollected: (collected: Collected) => void): Promise<void> {
    const { sweep_s: sweepSeconds } = requireSettings(this.#resolved, 'sources').sources;
    return withStopping(async (stopping) => {
      const access = daemonAccess(this.#resolved, this.#globals, stopping.abort);
      await follow({
        ...stopping,
        clock: systemClock,
        sweepMs: sweepSeconds * 1_000,
        sources: tasks.map(({ source, named }) => ({
          source,
          roots: named,
          cursorFile: this.#cursorFile(access, source, named),
          settings: () => this.#pass(access, source),
        })),
        onCollected: ({ format }, result) => onCollected({ format, ...result }),
        onAway: (failure) =>
          remark(failure === null ? 'The daemon is back.' : `${failure.message}; it is tried again.`),
      });
    });
  }

  /** For a look at what is new. */
  cursorFile({ source, named }: CollectTask): CursorFile {
    const ledger = this.#isUrlSet
      ? daemonAccess(this.#resolved, this.#globals, new AbortController().signal)
      : localLedger(this.#globals);
    return this.#cursorFile(ledger, source, named);
  }

  get #isUrlSet(): boolean {
    return this.#resolved.given.get('url')?.layer !== 'default';
  }

  async #withAccess(stopping: Stopping, work: (access: LedgerAccess) => Promise<void>): Promise<void> {
    if (this.#isUrlSet) return work(daemonAccess(this.#resolved, this.#globals, stopping.abort));
    await withPoolClient(this.#globals, (client) => work(localAccess(this.#globals, client)));
  }

  #cursorFile(ledger: Pick<CursorHome, 'ledger' | 'has'>, source: Source, roots: readonly string[]): CursorFile {
    const { cursorDir: folder = usualCursors(processEnvironment()) } = this.#options;
    return new CursorFile({ ...ledger, folder, pool: this.#globals.pool ?? defaultPoolName, remark }, source, roots);
  }

  async #collectOne(access: LedgerAccess, task: CollectTask, { stop, abort }: Stopping): Promise<Collected> {
    const { source, roots, named } = task;
    const file = this.#cursorFile(access, source, named);
    const pass = await this.#pass(access, source);
    const result = await collect({
      ...pass,
      source,
      roots,
      cursor: await file.checked(file.load()),
      save: (cursor) => file.save(cursor),
      clock: systemClock,
      tryMs: this.#options.timeout,
      stop,
      abort,
    });
    pass.ended();
    return { format: source.format, ...result };
  }

  async #pass(access: LedgerAccess, source: Source): Promise<PassSettings & { readonly ended: () => void }> {
    const origin = { actor: 'local', source: `${source.format}/${source.version}` };
    const progress = process.stderr.isTTY ? new ProgressLine('MB') : null;
    return {
      sink: access.sinkOf(origin.source),
      origin,
      whoseOf: whoseOf(await this.#surroundings(), Date.now()),
      onProgress: ({ files, filesTotal, bytes, bytesTotal, reports }) => {
        if (bytesTotal < progressBytesMin) return;
        const what = `${source.format}, file ${Math.min(files + 1, filesTotal)} of ${filesTotal}, ${reports} reports`;
        progress?.show(what, Math.round(bytes / 1e6), Math.round(bytesTotal / 1e6));
      },
      ended: () => progress?.end(),
    };
  }

  async #surroundings(): Promise<Surroundings> {
    const { mode, tmux } = this.#options;
    if (mode !== 'auto') return { ...this.#around, mode };
    const now = performance.now();
    if (this.#tmux === null || now - this.#tmux.at > tmuxMs) this.#tmux = { at: now, view: await lookAtTmux(tmux) };
    return { ...this.#around, tmux: this.#tmux.view };
  }
}
