/** What a reader says of a text that a test makes up. */
import type { Observation, QuotaSeen, ReadResult, Source, WindowSeen } from '../../src/sources/source.js';

interface Reading {
  /** When it is read. */
  readonly at?: string;
  readonly timeZone?: string;
}

export function readText(source: Source, text: string, { at = noon, timeZone }: Reading = {}): ReadResult {
  return source.read(new TextEncoder().encode(text), { at: Date.parse(at), path: null, timeZone });
}

export const noon = '2026-05-13T12:00:00.000Z';

/** Its one reading, without what is undefined, resets as ISO text. */
export function windowsOf({ observations }: Pick<ReadResult, 'observations'>): Readonly<Record<string, object>> {
  const readings = quotas(observations);
  if (readings.length > 1) throw new Error(`there are ${readings.length} readings`);
  return Object.fromEntries((readings[0]?.windows ?? []).map((window) => [window.key, plain(window)]));
}

export const quotas = (observations: readonly Observation[]): QuotaSeen[] =>
  observations.filter((one): one is QuotaSeen => one.kind === 'quota');

function plain({ key: _, resetsAt, ...rest }: WindowSeen): object {
  const said = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(said), resetsAt: isoOf(resetsAt) };
}

export const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
