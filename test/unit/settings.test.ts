// Goal: a setting has the value of the highest layer that gives one, says where it comes from, and a wrong one is refused by
// name, value, origin and what is expected.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { defaultPool } from '../../src/events/scalars.js';
import { packageRoot } from '../../src/package-root.js';
import { unknownVariables, usualConfigFiles, usualData } from '../../src/settings/environment.js';
import { findSettingsFile } from '../../src/settings/file.js';
import { nearest } from '../../src/settings/nearest.js';
import { type Layers, noLayers, refuse, requireSettings, resolveSettings } from '../../src/settings/resolve.js';
import { defaultOf, type Setting, settingOf, settings } from '../../src/settings/schema.js';
import { temporaryFolder } from '../support/folder.js';

/** For each setting two values that are not its default: as the file has them, and as a variable or flag does. */
const sampleKey = (letter: string): string => `rs_0123456${letter}_${'Ab3-_9kZ'.repeat(6).slice(0, 43)}0Zz9aA`;

const samples: Readonly<Record<string, readonly [value: unknown, text: string][]>> = {
  agent: [
    ['Ada', 'Ada'],
    ['Bo', 'Bo'],
  ],
  data: [
    ['/srv/a', '/srv/a'],
    ['/srv/b', '/srv/b'],
  ],
  'viewer.database_url': [
    ['postgres://reader@a/ledger', 'postgres://reader@a/ledger'],
    ['postgresql://reader@b/ledger', 'postgresql://reader@b/ledger'],
  ],
  database: [
    ['postgres://a/ledger', 'postgres://a/ledger'],
    ['postgresql://b/ledger', 'postgresql://b/ledger'],
  ],
  pool: [
    ['red', 'red'],
    ['blue', 'blue'],
  ],
  port: [
    [0, '0'],
    [65_535, '65535'],
  ],
  host: [
    ['::1', '::1'],
    ['localhost', 'localhost'],
  ],
  public_names: [
    ['ledger.example', 'ledger.example'],
    ['ledger.example, [::2]:8443', 'ledger.example, [::2]:8443'],
  ],
  time_zone: [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['Asia/Tokyo', 'Asia/Tokyo'],
  ],
  unknown_agents: [
    ['quarantine', 'quarantine'],
    ['reject', 'reject'],
  ],
  unknown_agents_per_hour: [
    [5, '5'],
    [0, '0'],
  ],
  log_level: [
    ['warn', 'warn'],
    ['silent', 'silent'],
  ],
  url: [
    ['http://localhost:1', 'http://localhost:1'],
    ['unix:/run/ledger.sock', 'unix:/run/ledger.sock'],
  ],
  key: [
    [sampleKey('a'), sampleKey('a')],
    [sampleKey('b'), sampleKey('b')],
  ],
  key_file: [
    ['/etc/a.key', '/etc/a.key'],
    ['/etc/b.key', '/etc/b.key'],
  ],
  spool: [
    ['/var/spool/a', '/var/spool/a'],
    ['/var/spool/b', '/var/spool/b'],
  ],
  ledger_key: [
    ['a/b+c74f20a3+ARpc2Q==', 'a/b+c74f20a3+ARpc2Q=='],
    ['a/c+c74f20a3+ARpc2Q==', 'a/c+c74f20a3+ARpc2Q=='],
  ],
  debug: [
    [true, '1'],
    [true, 'yes'],
  ],
  'server.drain_ms': [
    [1, '1'],
    [3_600_000, '3600000'],
  ],
  'server.live_feeds': [
    [0, '0'],
    [7, '7'],
  ],
  'server.socket': [
    [false, 'false'],
    [true, 'true'],
  ],
  'server.tls_cert': [
    ['/etc/a.pem', '/etc/a.pem'],
    ['/etc/b.pem', '/etc/b.pem'],
  ],
  'server.tls_key': [
    ['/etc/a.pem', '/etc/a.pem'],
    ['/etc/b.pem', '/etc/b.pem'],
  ],
  'server.trusted_proxies': [
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.0/8, ::1', '10.0.0.0/8, ::1'],
  ],
  'postgres.connections': [
    [2, '2'],
    [30, '30'],
  ],
  'postgres.statement_ms': [
    [500, '500'],
    [60_000, '60000'],
  ],
  'sqlite.wal_bytes': [
    [1_048_576, '1048576'],
    [2_097_152, '2097152'],
  ],
  'sources.collect': [
    [true, 'true'],
    [true, 'yes'],
  ],
  'sources.sweep_s': [
    [5, '5'],
    [10, '10'],
  ],
  'sources.mode': [
    ['autonomy', 'autonomy'],
    ['collaboration', 'collaboration'],
  ],
  'sources.quota': [
    [{ reader: 'usage-text' }, '{"reader":"usage-text"}'],
    [{ reader: 'command', command: ['/srv/read'] }, '{"reader":"command","command":["/srv/read"]}'],
  ],
  'sources.rules': [
    [[{ cwd: '/srv/**', identity: 'Ada' }], '[{"cwd":"/srv/**","identity":"Ada"}]'],
    [[], '[]'],
  ],
  'prices.file': [
    ['/etc/resource-share/prices.json', '/etc/resource-share/prices.json'],
    ['/srv/prices.json', '/srv/prices.json'],
  ],
  'checkpoints.keys': [
    ['/etc/resource-share/keys', '/etc/resource-share/keys'],
    ['/srv/keys', '/srv/keys'],
  ],
  'alerts.quiet_hours': [
    ['22:00-07:00', '22:00-07:00'],
    ['12:30-13:15', '12:30-13:15'],
  ],
  'alerts.held_back': [
    [['quota-stale'], '["quota-stale"]'],
    [[], '[]'],
  ],
  'alerts.overdue_intervals': [
    [1, '1'],
    [1_000, '1000'],
  ],
  'alerts.window_percent': [
    [50, '50'],
    [100, '100'],
  ],
  'alerts.window_percent_high': [
    [90, '90'],
    [1, '1'],
  ],
  'alerts.unattributed_percent': [
    [1, '1'],
    [25, '25'],
  ],
  'alerts.disk_free_mib': [
    [1, '1'],
    [4_096, '4096'],
  ],
  'cleanup.older_than_s': [
    [700, '700'],
    [900, '900'],
  ],
  'checkpoints.every_s': [
    [5, '5'],
    [10, '10'],
  ],
  'checkpoints.to': [
    [[{ directory: '/mnt/elsewhere' }], '[{"directory":"/mnt/elsewhere"}]'],
    [[], '[]'],
  ],
  'audit.sinks': [
    [[{ file: '/var/log/audit.ndjson' }], '[{"file":"/var/log/audit.ndjson"}]'],
    [[], '[]'],
  ],
  'backup.folder': [
    ['/mnt/a', '/mnt/a'],
    ['/mnt/b', '/mnt/b'],
  ],
  'backup.recipients': [
    [[`age1${'a'.repeat(58)}`], JSON.stringify([`age1${'a'.repeat(58)}`])],
    [[`age1${'q'.repeat(58)}`], JSON.stringify([`age1${'q'.repeat(58)}`])],
  ],
  'backup.every_s': [
    [60, '60'],
    [604_800, '604800'],
  ],
  'backup.keep_last': [
    [0, '0'],
    [10_000, '10000'],
  ],
  'backup.keep_daily': [
    [0, '0'],
    [10_000, '10000'],
  ],
  'backup.keep_weekly': [
    [0, '0'],
    [10_000, '10000'],
  ],
  'webhooks.allow_hosts': [
    ['pager.lan,10.0.0.5:8080', 'pager.lan,10.0.0.5:8080'],
    ['localhost', 'localhost'],
  ],
  'checkpoints.witnesses': [
    [{ quorum: 1, keys: ['w+c74f20a3+BA=='] }, '{"quorum":1,"keys":["w+c74f20a3+BA=="]}'],
    [{ quorum: 1, keys: ['v+c74f20a3+BA=='] }, '{"quorum":1,"keys":["v+c74f20a3+BA=="]}'],
  ],
  'jobs.enabled': [
    [false, 'off'],
    [false, 'false'],
  ],
  'jobs.worker_id': [
    ['desk', 'desk'],
    ['shelf', 'shelf'],
  ],
  'jobs.poll_ms': [
    [1_000, '1000'],
    [2_000, '2000'],
  ],
  'jobs.lease_ms': [
    [10_000, '10000'],
    [20_000, '20000'],
  ],
  'jobs.heartbeat_ms': [
    [1_000, '1000'],
    [2_000, '2000'],
  ],
  'jobs.concurrency': [
    [2, '2'],
    [3, '3'],
  ],
  'jobs.kill_stuck': [
    [true, 'on'],
    [true, 'true'],
  ],
  'jobs.schedules': [
    [{ backup: { every_s: 60 } }, '{"backup":{"every_s":60}}'],
    [{ backup: { enabled: false } }, '{"backup":{"enabled":false}}'],
  ],
  'log.file': [
    ['/var/log/a.log', '/var/log/a.log'],
    ['/var/log/b.log', '/var/log/b.log'],
  ],
  'log.rotate': [
    ['external', 'external'],
    ['external', 'external'],
  ],
  'log.max_mib': [
    [1, '1'],
    [100, '100'],
  ],
  'log.max_days': [
    [1, '1'],
    [30, '30'],
  ],
  'log.keep': [
    [0, '0'],
    [20, '20'],
  ],
  'log.levels': [
    [{ http: 'debug' }, '{"http":"debug"}'],
    [{ jobs: 'warn' }, '{"jobs":"warn"}'],
  ],
  'service.memory_max': [
    ['512M', '512M'],
    ['4G', '4G'],
  ],
  'service.cpu_quota': [
    ['50%', '50%'],
    ['150%', '150%'],
  ],
  'service.network': [
    ['open', 'open'],
    ['open', 'open'],
  ],
  'jobs.kinds': [
    [{ 'x.report': { attempts: 2 } }, '{"x.report":{"attempts":2}}'],
    [{ 'x.other': {} }, '{"x.other":{}}'],
  ],
};

const path = '/etc/resource-share/config.json';
const givenFor = (layers: Partial<Layers>, key: string) =>
  resolveSettings({ ...noLayers, ...layers }).given.get(key) as { value: unknown; origin: string };
const pick = ({ value, origin }: { value: unknown; origin: string }) => [value, origin];
const sample = (key: string, which = 0) => samples[key]?.[which] as [unknown, string];

function fileOf(values: Readonly<Record<string, unknown>>): Layers['file'] {
  const content: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const [section = '', name] = key.split('.');
    content[section] = name === undefined ? value : { ...(content[section] as object), [name]: value };
  }
  return { path, content };
}

function faultOf(layers: Partial<Layers>): string {
  try {
    refuse(resolveSettings({ ...noLayers, ...layers }).faults);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Ends of the places below the home. */
const usual: Readonly<Record<string, RegExp>> = {
  spool: /resource-share\/spool$/,
  data: /\/resource-share$/i,
};

t.test('every setting is read from the file, its variable and its flag', async (t) => {
  t.strictSame(Object.keys(samples).sort(), [...settings.keys()].sort(), 'every setting has its samples here');
  for (const { key, variable, flag, ...setting } of settings.values()) {
    const fallback = usual[key] ?? defaultOf({ key, variable, ...setting } as Setting);
    const [value, text] = sample(key);
    t.match(givenFor({}, key), { value: fallback, origin: 'default' }, key);
    t.strictSame(pick(givenFor({ file: fileOf({ [key]: value }) }, key)), [value, `file ${path}`]);
    t.strictSame(pick(givenFor({ environment: { [variable]: text } }, key)), [value, `environment ${variable}`]);
    t.match(givenFor({ environment: { [variable]: '' } }, key), { value: fallback }, 'what is empty is not set');
    if (flag === undefined) continue;
    const name = flag.split(' ')[0] as string;
    t.strictSame(pick(givenFor({ flags: new Map([[key, text]]) }, key)), [value, `flag ${name}`]);
  }
});

t.test('variables and flags keep the names they have always had', async (t) => {
  const known: readonly (readonly [key: string, variable: string, flag: string | undefined])[] = [
    ['data', 'RESOURCE_SHARE_DATA', '--data <dir>'],
    ['database', 'RESOURCE_SHARE_DATABASE', '--database <url>'],
    ['pool', 'RESOURCE_SHARE_POOL', '--pool <name>'],
    ['port', 'RESOURCE_SHARE_PORT', '--port <port>'],
    ['host', 'RESOURCE_SHARE_HOST', '--host <host>'],
    ['time_zone', 'RESOURCE_SHARE_TIME_ZONE', '--time-zone <zone>'],
    ['unknown_agents', 'RESOURCE_SHARE_UNKNOWN_AGENTS', '--unknown-agents <policy>'],
    ['unknown_agents_per_hour', 'RESOURCE_SHARE_UNKNOWN_AGENTS_PER_HOUR', '--unknown-agents-per-hour <n>'],
    ['log_level', 'RESOURCE_SHARE_LOG_LEVEL', '--log-level <level>'],
    ['url', 'RESOURCE_SHARE_URL', '--url <url>'],
    ['spool', 'RESOURCE_SHARE_SPOOL', '--spool <dir>'],
    ['debug', 'RESOURCE_SHARE_DEBUG', undefined],
    ['server.socket', 'RESOURCE_SHARE_SERVER_SOCKET', '--no-socket'],
  ];
  for (const [key, variable, flag] of known) {
    t.equal(settingOf(key).variable, variable);
    t.equal(settingOf(key).flag, flag);
  }
  t.strictSame(pick(givenFor({ environment: { XDG_STATE_HOME: '/s' } }, 'spool')), [
    '/s/resource-share/spool',
    'environment XDG_STATE_HOME',
  ]);
  t.strictSame(pick(givenFor({ environment: { XDG_DATA_HOME: '/s' } }, 'data')), [
    '/s/resource-share',
    'environment XDG_DATA_HOME',
  ]);
  t.equal(settingOf('pool').unset, defaultPool);
});

t.test('of any layers that give a value the highest wins', async () => {
  const layer = fc.dictionary(fc.constantFrom(...settings.keys()), fc.nat(1), { noNullPrototype: true });
  fc.assert(
    fc.property(layer, layer, layer, (inFile, inEnvironment, inFlags) => {
      const chosen = (layer: Record<string, number>) =>
        Object.entries(layer).map(([key, which]) => [key, ...sample(key, which)] as const);
      const resolved = resolveSettings({
        file: fileOf(Object.fromEntries(chosen(inFile).map(([key, value]) => [key, value]))),
        environment: Object.fromEntries(chosen(inEnvironment).map(([key, , text]) => [settingOf(key).variable, text])),
        flags: new Map(chosen(inFlags).map(([key, , text]) => [key, text])),
      });
      if (resolved.faults.length > 0) return false;
      return [...settings.values()].every((setting) => {
        const { key } = setting;
        const which = inFlags[key] ?? inEnvironment[key] ?? inFile[key];
        const layer =
          key in inFlags ? 'flag' : key in inEnvironment ? 'environment' : key in inFile ? 'file' : 'default';
        const { value, layer: from } = resolved.given.get(key) ?? { value: null, layer: null };
        const isDefault = which === undefined && (key in usual || isDeepStrictEqual(value, defaultOf(setting)));
        return from === layer && (isDefault || isDeepStrictEqual(value, sample(key, which)[0]));
      });
    }),
    { numRuns: 300 },
  );
});

t.test('a wrong value is told with its name, origin, and what is expected', async (t) => {
  const cases: readonly (readonly [Partial<Layers>, string])[] = [
    [
      { environment: { RESOURCE_SHARE_PORT: 'x' } },
      'port is "x" (environment RESOURCE_SHARE_PORT), but takes a whole number from 0 to 65535.',
    ],
    [{ flags: new Map([['port', '65536']]) }, 'port is 65536 (flag --port), but takes a whole number from 0 to 65535.'],
    [{ file: fileOf({ port: '8765' }) }, `port is "8765" (file ${path}), but takes a whole number from 0 to 65535.`],
    [
      { file: fileOf({ log_level: null }) },
      `log_level is null (file ${path}), but takes one of trace, debug, info, warn, error, fatal, silent.`,
    ],
    [{ file: fileOf({ debug: 'on' }) }, `debug is "on" (file ${path}), but takes true or false.`],
    [
      { environment: { RESOURCE_SHARE_TIME_ZONE: 'Mars/Olympus' } },
      'time_zone is "Mars/Olympus" (environment RESOURCE_SHARE_TIME_ZONE), but takes an IANA time zone, such as Europe/Berlin.',
    ],
    [
      { file: { path, content: { server: 5 } } },
      `server (file ${path}) takes an object with settings, such as {"server":{"drain_ms":10000}}.`,
    ],
  ];
  for (const [layers, text] of cases) t.equal(faultOf(layers), text);
  const secret = faultOf({ file: fileOf({ database: 'mysql://u:hunter2@db/ledger' }) });
  t.match(secret, /^database \(file .*\) takes the URL of a PostgreSQL server/);
  t.notMatch(secret, 'hunter2');
});

t.test('all faults are told at once, and an unknown name with the nearest known one', async (t) => {
  const content = { prot: 1, server: { drainMs: 1 }, zzz: {}, host: '', works: { poll_ms: 5_000 }, __proto__: null };
  t.equal(
    faultOf({ file: { path, content }, environment: { RESOURCE_SHARE_PORT: 'x' } }),
    [
      '6 settings cannot be used:',
      `no setting is called prot (file ${path}); did you mean port?`,
      `no setting is called server.drainMs (file ${path}); did you mean server.drain_ms?`,
      `no setting is called zzz (file ${path})`,
      `no setting is called works (file ${path})`,
      'port is "x" (environment RESOURCE_SHARE_PORT), but takes a whole number from 0 to 65535',
      `host is "" (file ${path}), but takes a text that is not empty`,
    ].join('\n  '),
  );
  for (const [wrong, right] of [
    ['timezone', 'time_zone'],
    ['timeZone', 'time_zone'],
    ['drain_ms', 'server.drain_ms'],
    ['postgres.conections', 'postgres.connections'],
    ['pg.statement_ms', 'postgres.statement_ms'],
    ['databse', 'database'],
    ['colour', undefined],
    ['x', undefined],
  ] as const) {
    t.equal(nearest(wrong, settings.keys()), right, wrong);
  }
});

t.test('a variable that no setting is read from is named, but not what tests are told', async (t) => {
  const environment = {
    RESOURCE_SHARE_PROT: '1',
    RESOURCE_SHARE_TEST_POSTGRES: 'x',
    RESOURCE_SHARE_CONFIG: 'c',
    HOME: '/',
  };
  t.strictSame(unknownVariables(environment), [
    'no setting is read from RESOURCE_SHARE_PROT; did you mean RESOURCE_SHARE_PORT?',
  ]);
  t.strictSame(unknownVariables({ RESOURCE_SHARE_QUANTUM: '1' }), ['no setting is read from RESOURCE_SHARE_QUANTUM']);
});

t.test('a run refuses what it uses, and a name that nobody knows', async (t) => {
  const wrongPort = resolveSettings({ ...noLayers, environment: { RESOURCE_SHARE_PORT: 'x' } });
  t.strictSame(requireSettings(wrongPort, 'data', 'server'), {
    data: usualData({}).path,
    server: {
      drain_ms: 10_000,
      live_feeds: 200,
      socket: true,
      tls_cert: undefined,
      tls_key: undefined,
      trusted_proxies: undefined,
    },
  });
  t.throws(() => requireSettings(wrongPort, 'data', 'port'), { code: 'setting_invalid' });
  const misspelt = resolveSettings({ ...noLayers, file: { path, content: { prot: 1 } } });
  t.throws(() => requireSettings(misspelt, 'data'), { code: 'setting_invalid' });
});

t.test('a path in the file is relative to the file, elsewhere to the working directory', async (t) => {
  t.equal(givenFor({ file: fileOf({ data: 'data' }) }, 'data').value, '/etc/resource-share/data');
  t.equal(givenFor({ environment: { RESOURCE_SHARE_DATA: 'data' } }, 'data').value, 'data');
});

t.test('the file is the one that is named, else the first of the usual ones', async (t) => {
  const folder = temporaryFolder(t);
  const [usual = '', system] = usualConfigFiles({ XDG_CONFIG_HOME: folder });
  t.strictSame([usual, system], [join(folder, 'resource-share/config.json'), path]);
  const named = join(folder, 'named.json');
  const environment = { XDG_CONFIG_HOME: folder, RESOURCE_SHARE_CONFIG: '' };
  const write = (where: string, text: string) => {
    mkdirSync(dirname(where), { recursive: true });
    writeFileSync(where, text);
  };
  write(usual, '\uFEFF{"port": 1}');
  t.strictSame(findSettingsFile(undefined, environment), { path: usual, content: { port: 1 } });
  const byVariable = { ...environment, RESOURCE_SHARE_CONFIG: named };
  t.throws(() => findSettingsFile(undefined, byVariable), {
    message: `there is no file ${named}, which RESOURCE_SHARE_CONFIG names.`,
  });
  write(named, '{"port": 2}');
  t.match(findSettingsFile(undefined, byVariable), { content: { port: 2 } });
  t.match(findSettingsFile(usual, byVariable), { content: { port: 1 } }, 'a flag beats the variable');
  t.throws(() => findSettingsFile(folder, environment), { message: /cannot be read/ });
  for (const [text, message] of [
    ['[]', /must hold one JSON object/],
    ['', /is no JSON: see line 1, column 1\./],
    ['{"port": 1', /is no JSON: see line 1, column 11\./],
    ['{\n  "port": 1,\n}', /is no JSON: see line 3, column 1\./],
    ['{\n  "database": hunter2,\n  "port": 1}', /is no JSON: see line 2, column 15\.$/],
  ] as const) {
    write(named, text);
    t.throws(() => findSettingsFile(named, environment), { code: 'setting_invalid', message });
  }
});

t.test('the environment of the process is read in one file', async (t) => {
  const reading = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => {
      // How wide a terminal is, and whether it shows colours, are facts about it, no settings.
      if (name === 'cli/colours.ts') return false;
      const text = readFileSync(join(packageRoot, 'src', name), 'utf8').replaceAll('process.env.COLUMNS', '');
      return /process\.env|\.env\(/.test(text);
    });
  t.strictSame(reading, ['settings/process-environment.ts']);
});
