/** The time zone of this machine, or of whoever set TZ. */
export const systemTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
