/**
 * Everything that can be set, as one object: what the configuration file may hold. Each leaf says here what it means, its
 * flag, and whether its value is a secret; its variable follows from its key. The command line, the reference page and
 * `config` are made from this object.
 */
import * as z from 'zod';
import { limits } from '../limits.js';
import { isServer } from './database.js';

export interface SettingFacts {
  readonly description: string;
  /** As the command line writes it. */
  readonly flag?: string;
  /** Where it has no default: what happens while it is not set. */
  readonly unset?: string;
  /** What a text must be; numbers and choices say it themselves. */
  readonly expected?: string;
  /** A file or folder: in the configuration file it is relative to the folder of that file. */
  readonly isPath?: true;
  /** It may hold a password: it is never shown as it is. */
  readonly isSecret?: true;
  /** Whether a running daemon could take over another value without a restart. */
  readonly isReloadable?: true;
}

const facts = z.registry<SettingFacts>();

/** What becomes of reports under an unknown name. */
const unknownAgentsChoices = ['auto', 'quarantine', 'reject'] as const;
/** As in the events. */
const usageModes = ['autonomy', 'collaboration'] as const;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

// By functions instead of methods, each of which copies what it is called on: every start waits for the whole object.
const text = (...checks: z.core.$ZodCheck<string>[]) => z.string().check(z.minLength(1), ...checks);
const wholeNumber = (min: number, max: number) => z.int().check(z.gte(min), z.lte(max));
const milliseconds = wholeNumber(1, 3_600_000);

const server = z.strictObject({
  drain_ms: z._default(milliseconds, limits.drainMsMax).register(facts, {
    description: 'how long a daemon that stops waits for requests under way',
    isReloadable: true,
  }),
  live_feeds: z._default(wholeNumber(0, 100_000), limits.streamConnectionsMax).register(facts, {
    description: 'live feeds that may be open at once',
    isReloadable: true,
  }),
  socket: z._default(z.boolean(), true).register(facts, {
    description: 'a Unix socket beside the port, which only this account can reach',
    flag: '--no-socket',
  }),
});

const postgres = z.strictObject({
  connections: z._default(wholeNumber(2, 1_000), limits.databaseConnectionsMax).register(facts, {
    description: 'connections of one process to the PostgreSQL server',
  }),
  statement_ms: z._default(milliseconds, limits.statementMsMax).register(facts, {
    description: 'how long a statement may take on the PostgreSQL server, where it rebuilds nothing',
  }),
});

const sqlite = z.strictObject({
  wal_bytes: z._default(wholeNumber(1_048_576, 1_099_511_627_776), limits.walBytesMax).register(facts, {
    description: 'size above which the write-ahead log of a data directory is cut back',
  }),
});

/** Says whose use foreign data is. It applies where all it names of `cwd`, `host` and `entrypoint` fits. */
const sourceRule = z.strictObject({
  cwd: z.optional(text()),
  host: z.optional(text()),
  entrypoint: z.optional(text()),
  identity: z.optional(text()),
  project: z.optional(text()),
  mode: z.optional(z.enum(usageModes)),
});
export type SourceRule = z.output<typeof sourceRule>;

const sources = z.strictObject({
  mode: z._default(z.enum(usageModes), 'autonomy').register(facts, {
    description: 'mode of use that was read from elsewhere, where nothing else says it',
    isReloadable: true,
  }),
  rules: z._default(z.array(sourceRule).check(z.maxLength(limits.sourceRulesMax)), []).register(facts, {
    description:
      'whose use data from elsewhere is, for which project and in which mode; the first rule that fits counts',
    expected: 'a list of rules, such as [{"cwd": "/srv/p1/**", "identity": "Ada", "mode": "autonomy"}]',
    isReloadable: true,
  }),
});

export const settingsSchema = z.strictObject({
  agent: z.optional(text(z.maxLength(limits.nameCharactersMax))).register(facts, {
    description: 'identity of use that is read from elsewhere, whatever its data says',
    unset: 'rules, the data, or the user and host say it',
    expected: `a name of ${limits.nameCharactersMax} characters at most`,
  }),
  data: z.optional(text(z.refine((value) => !isServer(value)))).register(facts, {
    description: 'data directory',
    flag: '--data <dir>',
    unset: './data if a ledger is there, else ~/.local/share/resource-share, or below XDG_DATA_HOME',
    expected: 'a directory; a server is given with --database',
    isPath: true,
  }),
  database: z.optional(text(z.refine((value) => isServer(value) && !/\s/.test(value)))).register(facts, {
    description: 'PostgreSQL server instead of a data directory',
    flag: '--database <url>',
    unset: 'the ledger is in the data directory',
    expected:
      'the URL of a PostgreSQL server, such as postgres://user@host/name (a space in it: write it as %20); a directory is given with --data',
    isSecret: true,
  }),
  pool: z.optional(text(z.maxLength(limits.poolCharactersMax))).register(facts, {
    description: 'pool',
    flag: '--pool <name>',
    unset: 'default',
    expected: `the name of a pool, of ${limits.poolCharactersMax} characters at most`,
  }),
  port: z._default(wholeNumber(0, 65_535), 8_765).register(facts, {
    description: '0 picks a free one',
    flag: '--port <port>',
  }),
  host: z._default(text(), '127.0.0.1').register(facts, {
    description: 'address to bind to; loopback only',
    flag: '--host <host>',
  }),
  public_names: z.optional(text(z.refine(areNames))).register(facts, {
    description: 'names under which browsers reach the daemon from elsewhere, separated by commas',
    unset: 'it answers to localhost and the address it listens at',
    expected: 'names separated by commas, each with its port if need be, such as ledger.example,proxy.example:8443',
  }),
  time_zone: z.optional(text(z.refine(isTimeZone))).register(facts, {
    description: 'IANA zone that days are cut in',
    flag: '--time-zone <zone>',
    unset: "the system's",
    expected: 'an IANA time zone, such as Europe/Berlin',
  }),
  unknown_agents: z._default(z.enum(unknownAgentsChoices), 'auto').register(facts, {
    description: 'what becomes of reports under an unknown name',
    flag: '--unknown-agents <policy>',
  }),
  unknown_agents_per_hour: z
    ._default(wholeNumber(0, limits.newcomersPerHourMax), limits.newcomersPerHour)
    .register(facts, {
      description: 'so many unknown names may join a pool within an hour; further ones are quarantined',
      flag: '--unknown-agents-per-hour <n>',
    }),
  log_level: z._default(z.enum(logLevels), 'info').register(facts, {
    description: 'how much is logged, to stderr',
    flag: '--log-level <level>',
    isReloadable: true,
  }),
  url: z._default(text(z.refine(isDaemonUrl)), 'http://127.0.0.1:8765').register(facts, {
    description:
      'where the daemon listens; while it is not set, reports go to the daemon of the data directory, if a ledger is there',
    flag: '--url <url>',
    expected: 'the URL of a daemon, such as http://127.0.0.1:8765, or unix: with the path of its socket',
  }),
  spool: z.optional(text()).register(facts, {
    description: 'where reports wait for the daemon',
    flag: '--spool <dir>',
    unset: '~/.local/state/resource-share/spool, or below XDG_STATE_HOME',
    isPath: true,
  }),
  debug: z._default(z.boolean(), false).register(facts, {
    description: 'show where in the program a fault of it arose',
  }),
  server,
  postgres,
  sqlite,
  sources,
});

export type Settings = z.output<typeof settingsSchema>;

/** One setting, found by its key: `port`, `server.drain_ms`. */
export interface Setting extends SettingFacts {
  readonly key: string;
  readonly variable: string;
  readonly type: z.ZodDefault | z.ZodOptional;
}

export const settings: ReadonlyMap<string, Setting> = new Map(
  leavesOf(settingsSchema, '').map((setting) => [setting.key, setting]),
);

export function settingOf(key: string): Setting {
  const setting = settings.get(key);
  if (setting === undefined) throw new Error(`there is no setting ${key}`);
  return setting;
}

export function defaultOf({ type }: Setting): unknown {
  return type.parse(undefined);
}

/** What a value must be, after "takes". */
export function expectedOf({ type, expected, isPath }: Setting): string {
  const inner = type.unwrap();
  if (inner instanceof z.ZodEnum) return `one of ${inner.options.join(', ')}`;
  if (inner instanceof z.ZodNumber) return `a whole number from ${inner.minValue} to ${inner.maxValue}`;
  if (inner instanceof z.ZodBoolean) return 'true or false';
  return expected ?? (isPath === true ? 'a path' : 'a text that is not empty');
}

export function choicesOf({ type }: Setting): readonly string[] {
  const inner = type.unwrap();
  return inner instanceof z.ZodEnum ? (inner.options as string[]) : [];
}

/** The value that a variable or a flag says; what cannot be read stays a text, which the type then refuses. */
export function readText({ type }: Setting, given: string): unknown {
  const inner = type.unwrap();
  if (inner instanceof z.ZodNumber) return /^\d{1,16}$/.test(given) ? Number(given) : given;
  if (inner instanceof z.ZodArray) return readJson(given);
  if (!(inner instanceof z.ZodBoolean)) return given;
  if (/^(1|true|yes|on)$/i.test(given)) return true;
  return /^(0|false|no|off)$/i.test(given) ? false : given;
}

/** What is not JSON stays a text. */
function readJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function leavesOf(section: z.ZodObject, prefix: string): Setting[] {
  return Object.entries(section.shape).flatMap(([name, type]) => {
    const key = prefix + name;
    if (type instanceof z.ZodObject) return leavesOf(type, `${key}.`);
    const known = facts.get(type);
    if (known === undefined) throw new Error(`the setting ${key} is not described`);
    return [{ ...known, key, variable: variableOf(key), type: type as Setting['type'] }];
  });
}

function variableOf(key: string): string {
  return `RESOURCE_SHARE_${key.replaceAll('.', '_').toUpperCase()}`;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function areNames(names: string): boolean {
  return names.split(',').every((name) => /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(name.trim()));
}

function isDaemonUrl(value: string): boolean {
  if (/^unix:(\/\/)?\/[^/]/.test(value)) return true;
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
