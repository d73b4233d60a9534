/**
 * Goal: the files of a service that the repository shows are those that it renders, and the tools that read them find nothing to say.
 * What systemd makes of them is shown by `test/crash/boot.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { shippedFiles } from '../../src/service/files.js';
import { temporaryFolder } from '../support/folder.js';

const isMissing = (tool: string) =>
  spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0 && `${tool} is not installed`;
const rendered = shippedFiles();
const folders = ['systemd/system', 'systemd/user', 'launchd', 'cron', 'logrotate', 'newsyslog'];

t.test('what is shown is what is rendered', async (t) => {
  for (const [path, text] of rendered) t.equal(readFileSync(join(packageRoot, path), 'utf8'), text, path);
  const shown = folders.flatMap((folder) =>
    readdirSync(join(packageRoot, 'ops', folder)).map((name) => `ops/${folder}/${name}`),
  );
  t.strictSame(
    shown.filter((path) => !rendered.has(path)),
    [],
    'nothing is left from what is rendered no more',
  );
});

/** The units, with programs that are there. */
function unitsIn(t: Test, scope: string): { readonly folder: string; readonly units: readonly string[] } {
  const folder = temporaryFolder(t);
  const units: string[] = [];
  for (const [path, text] of rendered) {
    const name = new RegExp(`^ops/systemd/${scope}/(.+)$`).exec(path)?.[1];
    if (name === undefined) continue;
    units.push(join(folder, name));
    writeFileSync(join(folder, name), text.replaceAll('/usr/bin/node', '/bin/true'));
  }
  return { folder, units };
}

for (const scope of ['system', 'user']) {
  t.test(`systemd knows every line of the units of the ${scope}`, { skip: isMissing('systemd-analyze') }, async (t) => {
    const { folder, units } = unitsIn(t, scope);
    t.ok(units.length > 4);
    const env = { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder };
    const verify = () => spawnSync('systemd-analyze', [`--${scope}`, 'verify', ...units], { encoding: 'utf8', env });
    const { stdout, stderr } = verify();
    // Its exit code is 0 for keys that it does not know.
    t.equal(stdout + stderr, '');
    writeFileSync(units[0] as string, '[Service]\nExecStart=/bin/true\nProtectEverything=yes\n');
    t.match(verify().stderr, /ProtectEverything/, 'it would say so');
  });
}

t.test('a system service can do little harm', { skip: isMissing('systemd-analyze') }, async (t) => {
  for (const unit of unitsIn(t, 'system').units.filter((path) => path.endsWith('.service'))) {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', unit], {
      encoding: 'utf8',
    });
    const score = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    t.ok(score <= 1.5, `${unit}: ${score}`);
  }
});

t.test('Python reads the property lists as launchd does', { skip: isMissing('python3') }, async (t) => {
  for (const [path, text] of rendered) {
    if (!path.endsWith('.plist')) continue;
    const script = 'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const { stdout, stderr } = spawnSync('python3', ['-c', script], { input: text, encoding: 'utf8' });
    t.equal(stderr, '', path);
    const list = JSON.parse(stdout);
    t.match(list, {
      ProgramArguments: ['/bin/sh', '-c', /exec \/usr\/local\/bin\/node .*main\.js/],
      ProcessType: 'Background',
    });
    if (list.Label === 'resource-share.serve')
      t.match(list, { RunAtLoad: true, KeepAlive: true, ThrottleInterval: 10 });
    t.equal(spawnSync('sh', ['-n', '-c', list.ProgramArguments[2]]).status, 0, 'a shell reads the line');
  }
});

t.test('logrotate takes its rules', { skip: isMissing('logrotate') }, async (t) => {
  const folder = temporaryFolder(t);
  const logs = join(folder, 'logs');
  mkdirSync(logs, { mode: 0o700 });
  writeFileSync(join(logs, 'resource-share.log'), 'a line\n');
  const rules = join(folder, 'rules');
  writeFileSync(
    rules,
    (rendered.get('ops/logrotate/resource-share') as string).replaceAll('/var/log/resource-share', logs),
    { mode: 0o600 },
  );
  const { stderr, status } = spawnSync('logrotate', ['--debug', '--state', join(folder, 'state'), rules], {
    encoding: 'utf8',
  });
  t.equal(status, 0, stderr);
  t.notMatch(stderr, /error|bad|unknown/i);
  t.match(stderr, /considering log .*resource-share\.log/);
});

t.test('a shell reads the lines of cron', async (t) => {
  const lines = (rendered.get('ops/cron/resource-share') as string).split('\n').filter((line) => /^[\d*]/.test(line));
  t.equal(lines.length, 2);
  for (const line of lines) {
    const [, command] = /^(?:\S+ ){5}(.+)$/.exec(line) ?? [];
    t.equal(spawnSync('sh', ['-n', '-c', command as string]).status, 0, line);
  }
});
