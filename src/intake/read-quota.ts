/** The quota read once by the reader that is set: reports of what it says, or why it says nothing. */
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import { keepCapture } from './captures.js';
import { loadSource } from './load-source.js';
import { captureQuota, formatOf, type QuotaReader } from './quota-capture.js';
import { type Report, readingReport } from './report.js';

export interface QuotaPlace {
  /** Where captures that could not be read are kept. */
  readonly captures: string;
  readonly timeZone: string;
  readonly clock: Clock;
  /** Milliseconds UTC. */
  readonly at: number;
}

/** `capture` is null where there is none, or where it may hold credentials: nothing of that is kept. */
export type QuotaRead =
  | { readonly reports: readonly Report[] }
  | { readonly failure: string; readonly capture: string | null };

export async function readQuota(reader: QuotaReader, place: QuotaPlace, signal: AbortSignal): Promise<QuotaRead> {
  const format = formatOf(reader);
  const source = await loadSource(format);
  const { captures, timeZone, clock, at } = place;
  const read = (text: string) => {
    const { observations, refused, skipped } = source.read(Buffer.from(text), { at, path: null, timeZone });
    const reports = observations.flatMap((one) => (one.kind === 'quota' ? (readingReport(one) ?? []) : []));
    return { reports, refused, skipped };
  };
  let text: string;
  try {
    text = await captureQuota(reader, (shown) => read(shown).reports.length > 0, clock, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { failure: `the reader could not be run: ${firstLine(error)}`, capture: null };
  }
  const { reports, refused, skipped } = read(text);
  if (refused !== null) return { failure: `what was captured is refused: ${refused}`, capture: null };
  if (reports.length > 0) return { reports };
  const reasons = Object.entries(skipped).map(([reason, count]) => `${reason} (${count})`);
  const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
  return {
    failure: `what was captured holds no reading${why}`,
    capture: await keepCapture(captures, format, text, at),
  };
}

const firstLine = (error: unknown): string =>
  ((error as Error).message.split('\n')[0] ?? '').slice(0, limits.jobLineCharactersMax);
