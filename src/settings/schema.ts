/**
 * Everything that can be set, as one object: what the configuration file may hold. Each leaf says here what it means, its
 * flag, and whether its value is a secret; its variable follows from its key. The command line, the reference page and
 * `config` are made from this object. Long because it is one object.
 */
import * as z from 'zod';
import { limits } from '../limits.js';
import { isServer } from './database.js';
import { apiKeyFault } from './secret.js';
import {
  areAddresses,
  areHours,
  areNames,
  isAbsolute,
  isAgeKey,
  isDaemonUrl,
  isPlainWebUrl,
  isSyslogUrl,
  isTimeZone,
  isVerifierKey,
  isWebUrl,
} from './text-checks.js';

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
  /** A setting of its own, whose variable ends in `_FILE`, names a file with it. */
  readonly hasFileSetting?: true;
  /** Whether a running daemon could take over another value without a restart. */
  readonly isReloadable?: true;
}

const facts = z.registry<SettingFacts>();

/** What becomes of reports under an unknown name. */
const unknownAgentsChoices = ['auto', 'quarantine', 'reject'] as const;
/** As in the events. */
const usageModes = ['autonomy', 'collaboration'] as const;
/** Areas of a daemon with a level of their own. */
export const logAreas = ['http', 'jobs'] as const;
export type LogArea = (typeof logAreas)[number];
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
  tls_cert: z.optional(text()).register(facts, {
    description: 'certificate, with those that lead to its authority (PEM): the port then speaks HTTPS',
    flag: '--tls-cert <file>',
    unset: 'the port speaks HTTP',
    isPath: true,
  }),
  tls_key: z.optional(text()).register(facts, {
    description: 'private key of the certificate (PEM)',
    flag: '--tls-key <file>',
    unset: 'the port speaks HTTP',
    isPath: true,
  }),
  trusted_proxies: z.optional(text(z.refine(areAddresses))).register(facts, {
    description: 'addresses whose `X-Forwarded-For` says who sends a request, separated by commas',
    unset: 'who connects is who sends',
    expected: 'addresses separated by commas, also as ranges, such as 127.0.0.1,10.0.0.0/8',
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

/**
 * Says whose use foreign data is. It applies where all it names of `cwd`, `host` and `entrypoint` fits. `tmux` is the session in
 * which the agent runs.
 */
const sourceRule = z.strictObject({
  cwd: z.optional(text()),
  host: z.optional(text()),
  entrypoint: z.optional(text()),
  identity: z.optional(text()),
  project: z.optional(text()),
  mode: z.optional(z.enum(usageModes)),
  tmux: z.optional(text()),
});
export type SourceRule = z.output<typeof sourceRule>;

/** How the quota is read. */
const quotaReader = z.strictObject({
  reader: z.enum(['usage-text', 'usage-screen', 'command']),
  command: z.optional(z.array(text()).check(z.minLength(1), z.maxLength(limits.tagsMax))),
  format: z.optional(
    z.enum(['usage-json', 'response-headers', 'claude-usage-text', 'claude-usage-screen', 'limit-text']),
  ),
});

const sources = z.strictObject({
  quota: z
    .optional(quotaReader.check(z.refine(({ reader, command }) => reader !== 'command' || command !== undefined)))
    .register(facts, {
      description:
        "how the quota is read, by `quota check` and by the daemon each half hour: `usage-text` (the client's `claude -p /usage`), `usage-screen` (its screen, in tmux) or `command` (one of your own, which writes what `format` says)",
      unset: 'nobody reads the quota by itself',
      expected:
        'an object, such as {"reader": "usage-text"} or {"reader": "command", "command": ["/srv/read-quota"], "format": "usage-json"}',
    }),
  collect: z._default(z.boolean(), false).register(facts, {
    description: 'the daemon itself follows what programs of its machine and account keep of their use',
  }),
  sweep_s: z
    ._default(wholeNumber(limits.sweepSecondsMin, limits.sweepSecondsMax), limits.sweepSecondsMax)
    .register(facts, {
      description: 'seconds between two looks at all files that are followed; what the system tells of is seen at once',
      flag: '--sweep <seconds>',
    }),
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

const prices = z.strictObject({
  file: z.optional(text()).register(facts, {
    description: 'file of prices of your own, which go before all others',
    flag: '--prices <file>',
    unset: 'models cost what is known of them',
    isPath: true,
  }),
});

/** Where signed checkpoints go; one of the four is given. */
const checkpointTarget = z.union([
  z.strictObject({ directory: text() }),
  z.strictObject({ git: text() }),
  z.strictObject({ witness: z.strictObject({ url: text(z.refine(isWebUrl)), key: text() }) }),
  z.strictObject({ webhook: text() }),
]);

const verifierKey = text(z.refine(isVerifierKey));
/** How many of these witnesses have to have signed. */
const witnessPolicy = z
  .strictObject({
    quorum: wholeNumber(1, limits.checkpointTargetsMax),
    keys: z.array(verifierKey).check(z.minLength(1), z.maxLength(limits.checkpointTargetsMax)),
  })
  .check(z.refine(({ quorum, keys }) => quorum <= keys.length));

const checkpoints = z.strictObject({
  keys: z.optional(text()).register(facts, {
    description: 'folder of the key that signs checkpoints, and of the last ones it signed: none of the ledger itself',
    unset: '~/.config/resource-share/checkpoints, or below XDG_CONFIG_HOME',
    isPath: true,
  }),
  every_s: z._default(wholeNumber(1, 3_600), limits.checkpointSeconds).register(facts, {
    description: 'seconds between two signed checkpoints, where the log has grown',
  }),
  to: z._default(z.array(checkpointTarget).check(z.maxLength(limits.checkpointTargetsMax)), []).register(facts, {
    description: 'where signed checkpoints go, so that somebody else holds them',
    expected: 'a list, such as [{"directory": "/mnt/elsewhere"}, {"witness": {"url": "http://w:8770", "key": "…"}}]',
  }),
  witnesses: z.optional(witnessPolicy).register(facts, {
    description:
      'how many of which witnesses are to sign each checkpoint; where fewer did, `/health` and the log say which are missing',
    unset: 'a checkpoint needs no witness',
    expected: 'a number and as many keys at least, such as {"quorum": 1, "keys": ["name+id+base64"]}',
  }),
});

/** Where the audit trail goes: one of syslog, a file, a collector of OpenTelemetry. */
const auditSink = z.union([
  z.strictObject({
    syslog: text(z.refine(isSyslogUrl)),
    ca: z.optional(text(z.refine(isAbsolute))),
    facility: z.optional(wholeNumber(0, 23)),
  }),
  z.strictObject({ file: text(z.refine(isAbsolute)) }),
  z.strictObject({ otlp: text(z.refine(isPlainWebUrl)), token_file: z.optional(text(z.refine(isAbsolute))) }),
]);

const audit = z.strictObject({
  sinks: z._default(z.array(auditSink).check(z.maxLength(limits.auditSinksMax)), []).register(facts, {
    description:
      'where the audit trail goes: keys, rules, identities, corrections, alerts, requests of the scope admin, refused keys',
    expected:
      'a list, such as [{"syslog": "tls://logs.example:6514", "ca": "/etc/ssl/logs.pem"}, {"file": "/var/log/audit.ndjson"}, {"otlp": "http://127.0.0.1:4318/v1/logs"}]',
  }),
});

const kept = (most: number) => z._default(wholeNumber(0, limits.backupsKeptMax), most);

const backup = z.strictObject({
  folder: z.optional(text()).register(facts, {
    description: 'folder of the backups, on another disk than the ledger: the daemon makes them where it is set',
    flag: '--folder <dir>',
    unset: 'the daemon makes no backups',
    isPath: true,
  }),
  recipients: z
    ._default(z.array(text(z.refine(isAgeKey))).check(z.maxLength(limits.backupRecipientsMax)), [])
    .register(facts, {
      description: 'public keys of age that backups are encrypted for; only then they hold settings and keys, too',
      expected: 'a list of public keys of age, such as ["age1…"]',
    }),
  every_s: z
    ._default(wholeNumber(limits.backupSecondsMin, limits.backupSecondsMax), limits.backupSeconds)
    .register(facts, {
      description: 'seconds between two backups that the daemon makes of the log',
    }),
  keep_last: kept(limits.backupsLast).register(facts, {
    description: 'so many newest backups of each kind are kept',
  }),
  keep_daily: kept(limits.backupsDaily).register(facts, {
    description: 'beside them the newest of each of so many days with backups',
  }),
  keep_weekly: kept(limits.backupsWeekly).register(facts, {
    description: 'beside them the newest of each of so many weeks with backups',
  }),
});

const alerts = z.strictObject({
  quiet_hours: z.optional(text(z.refine(areHours))).register(facts, {
    description: "hours in which alerts that can wait are not raised, by the clock of the pool's zone",
    unset: 'alerts are raised at any time',
    expected: 'two times of the day, such as 22:00-07:00',
    isReloadable: true,
  }),
  held_back: z.optional(z.array(text()).check(z.maxLength(limits.sourceRulesMax))).register(facts, {
    description: 'rules whose alerts wait for the end of the quiet hours',
    unset: 'those that are not urgent, see docs/operating/alerts.md',
    expected: 'a list of rules, such as ["identity-overdue", "quota-stale"]',
    isReloadable: true,
  }),
  overdue_intervals: z._default(wholeNumber(1, 1_000), limits.overdueIntervals).register(facts, {
    description: 'so many of its intervals an agent may be late before people are told',
    isReloadable: true,
  }),
  window_percent: z._default(wholeNumber(1, 100), limits.windowPercent).register(facts, {
    description: 'percent of a window that are used before people are told',
    isReloadable: true,
  }),
  window_percent_high: z._default(wholeNumber(1, 100), limits.windowPercentHigh).register(facts, {
    description: 'percent of a window that are used before people are told once more',
    isReloadable: true,
  }),
  unattributed_percent: z._default(wholeNumber(1, 100), limits.unattributedPercent).register(facts, {
    description: 'percent of a window that are used outside of the ledger before people are told',
    isReloadable: true,
  }),
  disk_free_mib: z._default(wholeNumber(1, 1_048_576), limits.diskFreeMib).register(facts, {
    description: 'MiB that are free on the disk of the data directory, below which people are told',
    isReloadable: true,
  }),
});

const webhooks = z.strictObject({
  allow_hosts: z.optional(text(z.refine(areNames))).register(facts, {
    description: 'hosts outside the internet that messages may be sent to, also over HTTP, separated by commas',
    unset: 'messages are sent to hosts of the internet alone, over HTTPS',
    expected: 'names or addresses separated by commas, each with its port if need be, such as pager.lan,10.0.0.5:8080',
  }),
});

const cleanup = z.strictObject({
  older_than_s: z
    ._default(wholeNumber(limits.cleanupOlderSecondsMin, limits.cleanupOlderSecondsMax), limits.cleanupOlderSeconds)
    .register(facts, {
      description:
        'seconds in which nobody may have written to a file of a process that has ended before it is swept; at least twice `jobs.lease_ms`, and the lease of each kind of `jobs.kinds`',
    }),
});

/** When jobs of a kind are added; what is left out stays as it is. */
const schedule = z.strictObject({
  enabled: z.optional(z.boolean()),
  every_s: z.optional(wholeNumber(1, 31_536_000)),
  cron: z.optional(text()),
  zone: z.optional(text(z.refine(isTimeZone))),
  catch_up: z.optional(z.enum(['none', 'last', 'all'])),
});

/** A kind of jobs that programs of others do. */
const outsideKind = z.strictObject({
  attempts: z.optional(wholeNumber(1, limits.jobAttemptsMax)),
  lease_ms: z.optional(wholeNumber(limits.jobLeaseMsMin, limits.jobLeaseMsMax)),
  payload: z.optional(z.record(z.string(), z.unknown())),
});

const jobs = z.strictObject({
  enabled: z._default(z.boolean(), true).register(facts, {
    description: 'the daemon does jobs, and adds those of schedules; off where workers do them',
    flag: '--jobs <on|off>',
  }),
  worker_id: z.optional(text(z.maxLength(limits.nameCharactersMax))).register(facts, {
    description: 'what people call this process where it holds a job (elsewhere WORKER_ID)',
    unset: 'host, process and something random',
    expected: `a text of ${limits.nameCharactersMax} characters at most`,
  }),
  poll_ms: z._default(wholeNumber(100, 600_000), limits.jobPollMs).register(facts, {
    description: 'how often it looks for jobs that others added (elsewhere POLL_INTERVAL)',
  }),
  lease_ms: z._default(wholeNumber(limits.jobLeaseMsMin, limits.jobLeaseMsMax), limits.jobLeaseMs).register(facts, {
    description:
      'how long a worker outside keeps a job that it does not renew, where its kind does not say it (elsewhere LEASE_TIME)',
  }),
  heartbeat_ms: z._default(wholeNumber(500, 3_600_000), limits.jobHeartbeatMs).register(facts, {
    description:
      'how often the claim on a job is renewed, at least four times as often as it runs out (elsewhere HEARTBEAT_INTERVAL)',
  }),
  concurrency: z._default(wholeNumber(1, 100), 1).register(facts, {
    description: 'jobs of one kind that a process does at once (elsewhere MAX_CONCURRENT_JOBS)',
    flag: '--concurrency <n>',
  }),
  kill_stuck: z._default(z.boolean(), false).register(facts, {
    description: 'the process ends where a job that lost its claim does not end within 30 seconds',
  }),
  schedules: z._default(z.record(text(), schedule), {}).register(facts, {
    description: 'when jobs are added, by kind, also those of `jobs.kinds`',
    expected:
      'an object, such as {"daily-aggregate": {"cron": "15 0 * * *"}, "backup": {"every_s": 21600, "enabled": true}}',
  }),
  kinds: z._default(z.record(text(z.regex(/^x\.[a-z0-9][a-z0-9._-]{0,60}$/)), outsideKind), {}).register(facts, {
    description: 'kinds of jobs that programs of others do; `payload` is a JSON Schema',
    expected: 'an object, such as {"x.report": {"attempts": 3, "lease_ms": 60000, "payload": {"type": "object"}}}',
  }),
});

const log = z.strictObject({
  file: z.optional(text()).register(facts, {
    description: 'file that the daemon logs to, closed to other accounts',
    unset: 'it logs to stderr',
    isPath: true,
  }),
  rotate: z._default(z.enum(['self', 'external']), 'self').register(facts, {
    description: 'who begins a new log file: the daemon by size and age, or a tool such as logrotate',
  }),
  max_mib: z._default(wholeNumber(1, 102_400), limits.logMibMax).register(facts, {
    description: 'MiB of a log file beyond which the daemon begins another one',
    isReloadable: true,
  }),
  max_days: z._default(wholeNumber(1, 3_650), limits.logDaysMax).register(facts, {
    description: 'days of a log file beyond which the daemon begins another one',
    isReloadable: true,
  }),
  keep: z._default(wholeNumber(0, 1_000), limits.logFilesKept).register(facts, {
    description: 'so many log files before the current one are kept, compressed',
    isReloadable: true,
  }),
  levels: z._default(z.partialRecord(z.enum(logAreas), z.enum(logLevels)), {}).register(facts, {
    description:
      'how much single areas of the daemon log, in the place of `log_level`: http is requests, jobs is background work',
    expected: 'an object, such as {"http": "debug", "jobs": "warn"}',
    isReloadable: true,
  }),
});

const service = z.strictObject({
  memory_max: z._default(text(z.regex(/^\d{1,6}[KMGT]$/)), '2G').register(facts, {
    description: 'memory that the service may have; `service enable` writes it into the unit',
    expected: 'a size, such as 512M or 2G',
  }),
  cpu_quota: z.optional(text(z.regex(/^\d{1,5}%$/))).register(facts, {
    description: 'time of processors that the service may have; `service enable` writes it into the unit',
    unset: 'no limit',
    expected: 'percent of one processor, such as 150%',
  }),
  network: z._default(z.enum(['auto', 'open']), 'auto').register(facts, {
    description:
      'which addresses a system service may reach: this machine and those that settings name, or all, as messages to the internet need; `service enable` writes it into the unit',
  }),
});

const viewer = z.strictObject({
  database_url: z.optional(text(z.refine((value) => isServer(value) && !/\s/.test(value)))).register(facts, {
    description: 'the PostgreSQL server with a role that only reads, for statements that people ask the tables',
    unset: 'no statements are asked of a ledger on a server',
    expected: 'the URL of a PostgreSQL server, such as postgres://ledger_reader@host/name',
    isSecret: true,
  }),
});

export const settingsSchema = z.strictObject({
  agent: z.optional(text(z.maxLength(limits.nameCharactersMax))).register(facts, {
    description: 'identity of use that is read from elsewhere, whatever its data says',
    flag: '--as <name>',
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
    description: 'address to bind to; one that other machines reach needs an API key first',
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
  key: z.optional(text(z.refine((value) => apiKeyFault(value) === null))).register(facts, {
    description: 'API key that is sent to a daemon at a URL; a file is the better place',
    unset: 'none is sent',
    expected: 'a whole API key as `keys create` shows it once, no placeholder',
    isSecret: true,
    hasFileSetting: true,
  }),
  key_file: z.optional(text()).register(facts, {
    description: 'file with the API key that is sent to a daemon at a URL, closed to other accounts',
    unset: 'none is sent',
    isPath: true,
  }),
  spool: z.optional(text()).register(facts, {
    description: 'where reports wait for the daemon',
    flag: '--spool <dir>',
    unset: '~/.local/state/resource-share/spool, or below XDG_STATE_HOME',
    isPath: true,
  }),
  ledger_key: z.optional(verifierKey).register(facts, {
    description: 'key that signs the checkpoints of the ledger that reports go to',
    flag: '--ledger-key <vkey>',
    unset: 'the one that is shown at the first contact is trusted from then on',
    expected: 'a key of the form name+id+base64, as GET /v1/checkpoint/key gives it',
  }),
  debug: z._default(z.boolean(), false).register(facts, {
    description: 'show where in the program a fault of it arose',
  }),
  server,
  postgres,
  sqlite,
  sources,
  prices,
  checkpoints,
  audit,
  backup,
  alerts,
  webhooks,
  jobs,
  log,
  service,
  cleanup,
  viewer,
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
  if ([z.ZodArray, z.ZodObject, z.ZodRecord].some((kind) => inner instanceof kind)) return readJson(given);
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
