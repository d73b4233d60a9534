/** Hours of the day in which alerts that can wait are held back: `22:00-07:00`, by the clock of the pool's zone. */

const form = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** Minutes of the day, the first inside and the last outside. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
}

/** Null for what is no such text. */
export function parseQuietHours(text: string): QuietHours | null {
  const [, fromHour, fromMinute, toHour, toMinute] = form.exec(text) ?? [];
  if (fromHour === undefined) return null;
  return { from: 60 * Number(fromHour) + Number(fromMinute), to: 60 * Number(toHour) + Number(toMinute) };
}

/** Where both ends are the same, no hour is quiet. */
export function isQuiet({ from, to }: QuietHours, at: number, timeZone: string): boolean {
  const now = minuteOfDay(at, timeZone);
  return from <= to ? now >= from && now < to : now >= from || now < to;
}

function minuteOfDay(at: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const [hour = '0', minute = '0'] = clock.format(at).split(':');
  return 60 * Number(hour) + Number(minute);
}
