/** What ready-made queries write in another way for each engine. Names of values stand for values, as `:hours` does. */
export interface Dialect {
  /** The time so many hours ago, as the text that the tables hold. */
  hoursAgo(hours: string): string;
  /** Milliseconds since 1970 as the date in UTC. */
  dateOf(milliseconds: string): string;
  /** A field of a JSON text, as text. */
  field(json: string, name: string): string;
}

export type EngineKind = 'sqlite' | 'postgres';

export const dialects: Readonly<Record<EngineKind, Dialect>> = {
  sqlite: {
    hoursAgo: (hours) => `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ${hours} || ' hours')`,
    dateOf: (milliseconds) => `date(${milliseconds} / 1000, 'unixepoch')`,
    field: (json, name) => `json_extract(${json}, '$.${name}')`,
  },
  postgres: {
    hoursAgo: (hours) =>
      `to_char(now() AT TIME ZONE 'UTC' - make_interval(hours => ${hours}), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    dateOf: (milliseconds) => `to_char(to_timestamp(${milliseconds} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
    field: (json, name) => `${json}::json ->> '${name}'`,
  },
};
