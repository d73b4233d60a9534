/** Follows what programs of this machine and account keep of their use, as `collect` does, where the setting is on. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { PoolId } from '../events/scalars.js';
import { CursorFile, type CursorHome } from '../intake/cursor-file.js';
import { defaultRoots, formatsOfPrograms } from '../intake/default-roots.js';
import { asSinkFailure, directSink } from '../intake/direct-sink.js';
import { type FollowedSource, follow } from '../intake/follow.js';
import type { Intake } from '../intake/intake.js';
import { loadSource } from '../intake/load-source.js';
import { lookAtTmux } from '../intake/tmux.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Outcome } from '../ledger/outcome.js';
import { limits } from '../limits.js';
import { isServer, redacted } from '../settings/database.js';
import { processEnvironment, usualCursors } from '../settings/environment.js';
import type { Chore, ChoreContext } from './chore.js';

export interface CollectingSettings {
  readonly intake: Intake<Outcome>;
  readonly database: string;
  readonly pool: PoolId;
  readonly sweepMs: number;
}

/** Where it ended by a fault, it begins again. */
const restartMs = 60_000;
/** A quarter of a transaction: others get into it, too. */
const reportsMax = limits.batchCommandsMax / 4;

export function collectSources(settings: CollectingSettings): Chore {
  return {
    kind: 'collect-sources',
    schedule: { everyMs: restartMs, atStart: true },
    run: (context, signal) => run(settings, context, signal),
  };
}

async function run(settings: CollectingSettings, { ledger, log }: ChoreContext, stop: AbortSignal): Promise<void> {
  const home: CursorHome = { ...cursorHome(settings, ledger), remark: (text) => log.warn(text) };
  const sources: FollowedSource[] = [];
  for (const format of formatsOfPrograms) sources.push(await followed(format, settings, home, ledger));
  await follow({
    sources,
    clock: ledger.clock,
    sweepMs: settings.sweepMs,
    stop,
    onCollected: ({ format }, { failure: _, ...result }) => {
      settings.intake.heardOf(format);
      log.debug({ format, ...result }, 'files were collected');
    },
    onAway: (failure) => {
      if (failure === null) log.info('what is collected is taken again');
      else log.warn({ err: failure }, 'what is collected is not taken, and waits');
    },
  });
}

async function followed(
  format: string,
  { intake, pool }: CollectingSettings,
  home: CursorHome,
  ledger: Ledger,
): Promise<FollowedSource> {
  const source = await loadSource(format);
  const roots = defaultRoots(format, processEnvironment(), homedir());
  const origin = { actor: 'local', source: `${format}/${source.version}` };
  const submit = (commands: Parameters<Ledger['submit']>[1]['commands']) =>
    ledger.submit(pool, { commands, advise: false });
  return {
    source,
    roots,
    cursorFile: new CursorFile(home, source, roots),
    settings: async () => ({
      sink: directSink(submit, origin),
      origin,
      whoseOf: intake.whoseOf(ledger.now(), await lookAtTmux()),
      tally: intake.tallyOf(format),
      reportsMax,
      onProgress: ({ bytes }) => {
        if (bytes > 0) intake.heardOf(format);
      },
    }),
  };
}

/** In the data directory; of a server, whose files are not of this machine, in the folder of the account. */
function cursorHome({ database, pool }: CollectingSettings, ledger: Ledger): Omit<CursorHome, 'remark'> {
  return {
    folder: isServer(database) ? usualCursors(processEnvironment()) : join(database, 'cursors'),
    ledger: isServer(database) ? redacted(database) : 'own',
    pool,
    has: async ({ seq, hash }) => {
      const event = await asSinkFailure(ledger.eventAt(pool, seq));
      return event?.hash === hash;
    },
  };
}
