/**
 * The clock of a client of the original, which sends what it shows without saying where it is. As it sends what it shows now,
 * the difference to the time of this server is its offset from UTC, and explains the other times of the request.
 */
import * as z from 'zod';
import { instantOfClock } from '../../events/days.js';
import { type EpochMs, instant } from '../../events/scalars.js';

/** A time without a zone, read as if it were one of UTC. */
export interface LocalTime {
  readonly clock: number;
}

export const localTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/)
  .transform((text, context): LocalTime => {
    const clock = Date.parse(`${text.replace(' ', 'T')}Z`);
    if (Number.isNaN(clock)) context.addIssue('is no time');
    return { clock };
  });

const stepMs = 900_000;
/** No place is further from UTC. */
const offsetMsMax = 14 * 3_600_000;

export interface ClientClock {
  /** When the request was made; undefined: as far as is known, now. */
  readonly madeAt: EpochMs | undefined;
  instantOf(time: LocalTime | EpochMs): EpochMs;
}

/** `sent` is a hint, and nothing is refused for it: what is no time of a clock that is right says nothing. */
export function clientClock(sent: unknown, now: number, timeZone: string): ClientClock {
  const local = localTime.safeParse(sent);
  if (local.success) {
    const offset = Math.round((local.data.clock - now) / stepMs) * stepMs;
    if (Math.abs(offset) <= offsetMsMax) {
      const past = (local.data.clock - offset) as EpochMs;
      return { madeAt: past < now ? past : undefined, instantOf: (time) => read(time, (clock) => clock - offset) };
    }
  }
  const exact = instant.safeParse(sent);
  return {
    madeAt: exact.success && exact.data < now ? exact.data : undefined,
    instantOf: (time) => read(time, (clock) => instantOfClock(timeZone, clock)),
  };
}

const read = (time: LocalTime | EpochMs, instantOf: (clock: number) => number): EpochMs =>
  (typeof time === 'number' ? time : instantOf(time.clock)) as EpochMs;
