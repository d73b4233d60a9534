/** A reading of the quota that a source saw, as it is sent to the ledger. */
import { type Command, parseCommand } from '../events/command.js';
import { limits } from '../limits.js';
import type { QuotaSeen, WindowSeen } from '../sources/source.js';

/** Who sends it. */
export interface Origin {
  readonly actor: string;
  /** As of every event: `readings/1`. */
  readonly source: string;
}

/** Null where no window of it can be recorded: what is rejected is not, nor what says no percentage. */
export function readingCommand({ windows, source, measuredAt }: QuotaSeen, origin: Origin): Command | null {
  const known = new Map<string, object>();
  for (const window of windows) {
    if (window.percentBp !== null && window.rejected !== true)
      known.set(window.key, windowBody(window, window.percentBp));
  }
  if (known.size === 0) return null;
  const payload = {
    source,
    ...(windows.some(({ suspect }) => suspect === true) ? { confidence: 'suspect' } : {}),
    windows: [...known.values()].slice(0, limits.windowsMax),
  };
  return parseCommand(
    { type: 'quota.read', payload, ...(measuredAt === null ? {} : { occurred_at: measuredAt }) },
    origin,
  );
}

const windowBody = ({ key, label, resetsAt, durationS: duration, scope, active }: WindowSeen, percentBp: number) => ({
  key,
  percent_bp: percentBp,
  ...(label === undefined ? {} : { label }),
  ...(resetsAt === null ? {} : { resets_at: resetsAt }),
  ...(duration === undefined ? {} : { duration_s: duration }),
  ...(scope === undefined || scope === null ? {} : { scope }),
  ...(active === undefined ? {} : { active }),
});
