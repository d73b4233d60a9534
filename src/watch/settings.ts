/** The watchdog's settings, as the configuration has them. */
import type { Settings } from '../settings/schema.js';
import { parseQuietHours } from './quiet-hours.js';
import type { WatchSettings } from './watchdog.js';

export function watchSettings(alerts: Settings['alerts']): WatchSettings {
  return {
    thresholds: {
      overdueIntervals: alerts.overdue_intervals,
      windowPercent: alerts.window_percent,
      windowPercentHigh: alerts.window_percent_high,
      unattributedPercent: alerts.unattributed_percent,
      diskFreeBytes: alerts.disk_free_mib * 1_048_576,
    },
    quietHours: alerts.quiet_hours === undefined ? null : parseQuietHours(alerts.quiet_hours),
    heldBack: alerts.held_back ?? null,
  };
}
