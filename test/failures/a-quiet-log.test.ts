// Goal: the log is quiet while all is well, and made for reading on a terminal: no line per request by default, no JSON where a person looks.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { testServer } from '../api/support.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';

t.test('a request that went well is logged at level debug only', async (t) => {
  for (const [level, count] of [
    ['info', 0],
    ['debug', 1],
  ] as const) {
    const lines: string[] = [];
    const server = await testServer(t, { log: { level, destination: { write: (line) => void lines.push(line) } } });
    await server.get('/health');
    t.equal(lines.filter((line) => line.includes('"msg":"request"')).length, count, level);
  }
});

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;

t.test('on a terminal', { skip: hasScript ? false : 'script of util-linux makes the terminal' }, async (t) => {
  const command = `'${process.execPath}' '${program}' serve --port 0 --data '${join(temporaryFolder(t), 'data')}'`;
  const env = { ...process.env, XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData };
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe', env });
  const ended = once(child, 'exit');
  let shown = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    const before = shown.includes('Serving');
    shown += text;
    // Control-C.
    if (!before && shown.includes('Serving')) child.stdin.write('\u0003');
  }
  await ended;
  t.match(shown, /\d\d:\d\d:\d\d INFO Server listening at http/);
  t.match(shown, /INFO Server listening at unix:\/\S+\.sock/);
  t.match(shown, /INFO SIGINT: finishing/);
  t.notMatch(shown, '{"level"');
});
