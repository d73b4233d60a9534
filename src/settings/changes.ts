/** What is different between the settings that a daemon runs with and those that it finds now. */
import { isDeepStrictEqual } from 'node:util';
import type { Resolved } from './resolve.js';
import { settings } from './schema.js';

export interface ReloadReport {
  /** Keys of settings that are in effect now. */
  readonly applied: readonly string[];
  /** Keys of settings that take effect when it starts again. */
  readonly restart: readonly string[];
}

/** Of the settings that are named, where values differ. */
export function changesBetween(running: Resolved['given'], found: Resolved['given']): ReloadReport {
  const changed = [...settings.values()].filter(
    ({ key }) => !isDeepStrictEqual(running.get(key)?.value, found.get(key)?.value),
  );
  const keys = (isReloadable: boolean) =>
    changed.filter((setting) => (setting.isReloadable === true) === isReloadable).map(({ key }) => key);
  return { applied: keys(true), restart: keys(false) };
}

/** What runs after those were taken over: of the others it goes on with what it had. */
export function runningAfter(
  running: Resolved['given'],
  found: Resolved['given'],
  { applied }: ReloadReport,
): Resolved['given'] {
  return new Map([...running].map(([key, value]) => [key, (applied.includes(key) && found.get(key)) || value]));
}
