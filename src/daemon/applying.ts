/** Settings that a running daemon takes over. */
import type { Feeds } from '../api/events/feeds.js';
import type { RunningServer } from '../api/listen.js';
import type { LogAreas } from '../api/logging.js';
import type { Intake } from '../intake/intake.js';
import type { Outcome } from '../ledger/outcome.js';
import { limits } from '../limits.js';
import { watchSettings } from '../watch/settings.js';
import type { Watchdog } from '../watch/watchdog.js';
import type { BackgroundWork } from './background-work.js';
import type { DaemonSettings } from './daemon-settings.js';
import { limitsOf } from './log-destination.js';
import type { LogFile } from './log-file.js';

interface Parts {
  readonly intake: Intake<Outcome>;
  readonly watchdog: Watchdog;
  readonly feeds: Feeds;
  readonly logAreas: LogAreas;
  readonly logFile: LogFile | null;
  readonly server: RunningServer;
  readonly background: BackgroundWork;
}

/** Nothing of it can fail: the settings were looked at before. */
export function applying(parts: Parts): (settings: DaemonSettings) => void {
  const { intake, watchdog, feeds, logAreas, logFile, server, background } = parts;
  return ({ sources, alerts, liveFeedsMax, drainMsMax = limits.drainMsMax, logLevel, log }) => {
    logAreas.change(logLevel, log?.levels ?? {});
    if (log !== undefined) logFile?.change(limitsOf(log));
    if (sources !== undefined) intake.change({ rules: sources.rules, mode: sources.mode });
    if (alerts !== undefined) watchdog.change(watchSettings(alerts));
    feeds.max = liveFeedsMax ?? limits.streamConnectionsMax;
    server.drainMsMax = drainMsMax;
    background.drainMs = drainMsMax;
  };
}
