/**
 * Goal: `service` puts the daemon under the care of systemd or launchd, as often as it is called, and takes it out again without a
 * trace; what somebody else has written stays. systemd and launchd are played by scripts that note how they are called; that systemd
 * starts what is written is shown by `test/crash/boot.test.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot, packageVersion } from '../../src/package-root.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { madeHome } from '../support/home.js';
import { program } from '../support/program.js';
import { type StubTools, stubTools } from '../support/stub-tools.js';
import { type Ran, run } from './run.js';

interface Machine {
  readonly home: string;
  readonly data: string;
  readonly tools: StubTools;
  readonly units: string;
  readonly environmentFile: string;
  service(...args: readonly string[]): Promise<Ran>;
  tree(): Readonly<Record<string, string>>;
}

function machine(t: Test, manager: 'systemd' | 'launchd' = 'systemd'): Machine {
  const { home, data, env, tree } = madeHome(t);
  const tools = stubTools(t, ['systemctl', 'journalctl', 'loginctl', 'launchctl', 'tail']);
  tools.answer('systemctl', '*is-system-running*', 'running');
  const { RESOURCE_SHARE_DATA: _, ...clean } = env;
  const around = {
    ...clean,
    PATH: `${tools.folder}:${process.env.PATH}`,
    XDG_CONFIG_HOME: '',
    XDG_STATE_HOME: '',
    XDG_DATA_HOME: '',
  };
  return {
    home,
    data,
    tools,
    units: join(home, manager === 'systemd' ? '.config/systemd/user' : 'Library/LaunchAgents'),
    environmentFile: join(home, '.config/resource-share/service.env'),
    service: (...args) => run(['service', ...args], { env: around }),
    tree,
  };
}

t.test('is enabled, disabled and uninstalled, twice each, and nothing is left of it', async (t) => {
  const { service, tools, units, tree, data } = machine(t);
  const before = tree();
  for (const isFirst of [true, false]) {
    const { code, stdout, stderr } = await service('enable', '--data', data);
    t.equal(code, 0, 'enabled', { stderr });
    t.match(stdout, isFirst ? /resource-share\.service is written/ : /enabled, as before/);
    const calls = tools.calls();
    t.match(calls, [
      'systemctl --user is-system-running',
      /loginctl/,
      'systemctl --user daemon-reload',
      'systemctl --user enable resource-share.service',
    ]);
    t.equal(
      calls.includes('systemctl --user restart resource-share.service'),
      isFirst,
      'what did not change is not restarted',
    );
  }
  const unit = readFileSync(join(units, 'resource-share.service'), 'utf8');
  t.match(unit, `ExecStart=${process.execPath} ${program} serve\n`);
  t.match(unit, `RESOURCE_SHARE_DATA=${data}`);
  t.notMatch(unit, /DynamicUser|ProtectHome|PrivateUsers/, 'what only the manager of the system can do is left out');
  for (const verb of ['disable', 'disable', 'uninstall', 'uninstall'])
    t.match(await service(verb), { code: 0, stderr: '' }, verb);
  t.ok(tools.calls().includes('systemctl --user disable --now resource-share.service'));
  t.strictSame(tree(), before);
});

t.test('what somebody else has written stays', async (t) => {
  const { service, units, environmentFile, home } = machine(t);
  const dropIn = join(units, 'resource-share.service.d/mine.conf');
  mkdirSync(dirname(dropIn), { recursive: true });
  writeFileSync(dropIn, '[Service]\nNice=5\n');
  await service('enable', '--set', 'port=9000');
  appendFileSync(environmentFile, 'NODE_OPTIONS=--trace-warnings\nRESOURCE_SHARE_AGENT="Ada \\"the \\$1\\""\n');
  t.match(await service('enable', '--set', 'time_zone=Asia/Tokyo'), { code: 0 });
  const shell = execFileSync('sh', [
    '-c',
    `. '${environmentFile}'; echo "$RESOURCE_SHARE_PORT|$RESOURCE_SHARE_AGENT|$NODE_OPTIONS|$RESOURCE_SHARE_TIME_ZONE"`,
  ]);
  t.equal(shell.toString(), '9000|Ada "the $1"|--trace-warnings|Asia/Tokyo\n', 'as a shell reads it');
  t.equal(statSync(environmentFile).mode & 0o777, 0o600);
  t.match(readFileSync(environmentFile, 'utf8'), /^#RESOURCE_SHARE_UNKNOWN_AGENTS=$/m, 'every setting is in it');

  appendFileSync(environmentFile, '# by hand\n');
  const { stdout } = await service('uninstall');
  t.match(stdout, /service\.env was edited by hand, and stays/);
  t.equal(readFileSync(dropIn, 'utf8'), '[Service]\nNice=5\n');
  t.ok(statSync(join(home, '.config/resource-share/service.env')));

  writeFileSync(join(units, 'resource-share.service'), '[Service]\nExecStart=/bin/true\n');
  t.match(await service('enable'), {
    code: 1,
    stderr: /resource-share\.service is there, and this program did not write it/,
  });
  t.equal(readFileSync(join(units, 'resource-share.service'), 'utf8'), '[Service]\nExecStart=/bin/true\n');
});

t.test('prints what it would write, and writes nothing', async (t) => {
  const { service, tools, tree } = machine(t);
  const before = tree();
  const { code, stdout } = await service(
    'enable',
    'daily-aggregate',
    '--dry-run',
    '--socket',
    '--set',
    'time_zone=Europe/Berlin',
    '--set',
    'service.cpu_quota=150%',
  );
  t.equal(code, 0);
  t.match(stdout, /OnCalendar=\*-\*-\* 00:00:00 Europe\/Berlin/);
  t.match(stdout, /jobs run daily-aggregate --date yesterday/);
  t.match(stdout, /CPUQuota=150%/);
  t.strictSame([tree(), tools.calls()], [before, []]);
  for (const file of ['serve', 'collect'])
    t.match(
      (await service('enable', file, '--dry-run', '--manager', 'launchd')).stdout,
      `<string>resource-share.${file}</string>`,
    );
});

t.test('refuses what could not work, before anything is written', async (t) => {
  const { service, tree, tools } = machine(t);
  const before = tree();
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--set', 'prot=1'], /no setting is called prot; did you mean port\?/],
    [['--set', 'port=x'], /port does not take "x"/],
    [['--set', 'port'], /takes KEY=VALUE/],
    [['--set', 'key=rs_x'], /everybody on the machine sees key.*RESOURCE_SHARE_KEY_FILE/],
    [['--database', 'postgres://db/x'], /RESOURCE_SHARE_DATABASE_FILE/],
    [['web'], /"web" is no part of the service/],
    [['backup'], /No folder is set for backups/],
    [['worker'], /PostgreSQL/],
    [['--run-as', 'ada'], /goes with --system/],
    [['collect', '--system', '--dry-run'], /does not see: enable it with --user/],
    [['--socket', '--set', 'port=0'], /--socket needs a port/],
  ];
  for (const [args, says] of refused)
    t.match(await service('enable', ...args), { code: 64, stderr: says }, args.join(' '));
  tools.answer('systemctl', '*is-system-running*', 'offline', 1);
  t.match(await service('enable'), { code: 2, stderr: /systemd does not answer here/ });
  t.strictSame(tree(), before);
});

const withoutMounts =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/home']).status !== 0 ||
  process.execPath.startsWith('/home/');
t.test(
  'a program in the home of somebody is no system service',
  { skip: withoutMounts && 'mounts need root, and Node.js outside of /home' },
  async (t) => {
    const at = '/home/program';
    const script = `mount -t tmpfs none /home && mkdir ${at} && mount --bind '${packageRoot}' ${at} && exec "$@"`;
    const { stderr, status } = spawnSync(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        `${at}/dist/app/main.js`,
        'service',
        'enable',
        '--system',
        '--dry-run',
      ],
      { encoding: 'utf8' },
    );
    t.match(
      { stderr, status },
      { status: 1, stderr: /cannot see \/home\/program\/dist\/app\/main\.js.*npm install --global/ },
    );
  },
);

t.test('writes again what has drifted, and starts that again', async (t) => {
  const { service, units, tools } = machine(t);
  await service('enable', '--socket');
  const path = join(units, 'resource-share.service');
  const unit = readFileSync(path, 'utf8');
  appendFileSync(path, 'Nice=5\n');
  tools.calls();
  t.match((await service('status')).stdout, `${path} is not as it would be rendered now`);
  await service('enable');
  t.equal(readFileSync(path, 'utf8'), unit);
  t.ok(tools.calls().includes('systemctl --user restart resource-share.service'));
  t.match(
    readFileSync(join(units, 'resource-share.socket'), 'utf8'),
    'ListenStream=127.0.0.1:8765',
    'what was chosen stays chosen',
  );
  await service('enable', '--no-socket');
  t.throws(() => statSync(join(units, 'resource-share.socket')));
});

t.test('lingers only if it is asked to, and no longer than it is installed', async (t) => {
  const { service, tools } = machine(t);
  t.match((await service('enable')).stderr, /--linger keeps it running/);
  await service('enable', '--linger');
  t.match(tools.calls().join('\n'), /loginctl enable-linger/);
  await service('uninstall');
  t.match(tools.calls().join('\n'), /loginctl disable-linger/);
});

const show = (active: string, pid: number, more = '') =>
  `UnitFileState=enabled\nActiveState=${active}\nMainPID=${pid}\nActiveEnterTimestamp=@1767225600\nNRestarts=2\nResult=exit-code\nExecMainStatus=2\nStatusText=seq 12${more}`;

t.test('says how it is, by its exit code, too', async (t) => {
  const { service, tools, data, environmentFile } = machine(t);
  await service('enable', 'daily-aggregate', 'serve', '--data', data, '--set', 'port=0');
  tools.answer('systemctl', '*show*', show('activating', 0));
  t.match(await service('status'), { code: 2, stdout: /The service does not run as it should/ });

  const daemon = await spawnDaemonIn({}, data);
  t.teardown(() => daemon.stop());
  tools.answer('systemctl', '*show*', show('active', daemon.pid));
  tools.answer(
    'systemctl',
    '*daily-aggregate.timer*',
    'UnitFileState=enabled\nActiveState=active\nLastTriggerUSec=@1767225600\nNextElapseUSecRealtime=@1767312000',
  );
  const { code, stdout } = await service('status', '--json');
  t.equal(code, 0, stdout);
  t.match(JSON.parse(stdout), {
    state: 'healthy',
    version: packageVersion,
    drifted: [],
    parts: [
      {
        part: 'daily-aggregate',
        unit: 'resource-share-daily-aggregate.timer',
        active: 'active',
        lastRun: 1767225600000,
        nextRun: 1767312000000,
      },
      {
        part: 'serve',
        installed: true,
        enabled: true,
        active: 'active',
        pid: daemon.pid,
        since: 1767225600000,
        restarts: 2,
        lastExit: 'exit-code 2',
        says: 'seq 12',
      },
    ],
    daemon: {
      url: daemon.url,
      port: Number(new URL(daemon.url).port),
      ready: true,
      version: packageVersion,
      jobs: 'done',
      lastBackupAt: null,
    },
  });
  t.match((await service('status', 'serve')).stdout, /is ready/);
  writeFileSync(environmentFile, 'RESOURCE_SHARE_PORT=1\n');
  t.match(await service('status'), { code: 1, stdout: /service\.env is not as it would be rendered/ });
  await daemon.stop();
});

t.test('shows the log, and the end of it where a start fails', async (t) => {
  const { service, tools } = machine(t);
  await service('enable');
  tools.calls();
  tools.answer('journalctl', '*', 'port 8765 is taken');
  t.match((await service('logs', '-n', '3', '--since', '1h')).stdout, 'port 8765 is taken');
  t.match(
    tools.calls()[0],
    /^journalctl --user --unit resource-share\.service --no-pager --output=short-iso --since=@\d+ --lines all$/,
  );
  tools.answer('systemctl', '*start*', 'Job for resource-share.service failed', 1);
  t.match(await service('start'), {
    code: 2,
    stderr: /port 8765 is taken[\s\S]*Job for resource-share\.service failed/,
  });
});

t.test('is one of launchd, too', async (t) => {
  const { service, tools, units, tree, home } = machine(t, 'launchd');
  tools.answer('launchctl', 'print*resource-share*', 'Could not find service', 113);
  const before = tree();
  const by = (verb: string, ...args: string[]) => service(verb, '--manager', 'launchd', ...args);
  t.match(await by('enable', '--data', `${home}/a & <b>`), { code: 0 });
  const domain = `gui/${process.getuid?.()}`;
  const list = join(units, 'resource-share.serve.plist');
  t.match(
    tools.calls().filter((call) => !call.includes('print')),
    [`launchctl enable ${domain}/resource-share.serve`, `launchctl bootstrap ${domain} ${list}`],
  );
  t.match(readFileSync(list, 'utf8'), '<string>set -a; [ ! -r');
  tools.answer('launchctl', 'print*resource-share*', 'state = running\npid = 42\nruns = 3\nlast exit code = 2');
  t.match(JSON.parse((await by('status', '--json')).stdout), {
    parts: [{ active: 'active', pid: 42, restarts: 2, lastExit: '2' }],
  });
  tools.calls();
  await by('restart');
  t.match(tools.calls().join('\n'), `launchctl kickstart -k ${domain}/resource-share.serve`);
  await by('stop');
  t.match(tools.calls().join('\n'), `launchctl bootout ${domain}/resource-share.serve`);
  await by('uninstall');
  t.strictSame(tree(), before);
});

t.test('removes the ledger only if it is told to', async (t) => {
  const { service, data } = machine(t);
  mkdirSync(data, { recursive: true });
  await service('enable', '--data', data);
  t.match((await service('uninstall')).stdout, `The ledger stays at ${data}`);
  t.ok(statSync(data));
  await service('enable', '--data', data);
  await service('uninstall', '--purge');
  t.throws(() => statSync(data));
});
