// Goal: text that somebody else wrote (a peer, the log, the database) reaches a terminal and the daemon's log only with
// its signs that move the cursor, hide or turn the writing shown as their codes; and a pipe gets the bytes that it is to get.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { testServer } from '../api/support.js';
import { onData, type Ran, run } from '../cli/run.js';
import { usage } from '../support/command.js';
import { variants } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { temporaryLedger } from '../support/ledger.js';
import { noData, noSettings, program } from '../support/program.js';

const evil = 'no\u001b]0;owned\u0007 \u009b2J \u202egnp.exe \u200b!';
const shown = '\\u001b]0;owned\\u0007 \\u009b2J \\u202egnp.exe \\u200b!';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const raw = /[\u001b\u0007\u0080-\u009f\u202e\u200b]/;

function isShown(t: Test, { stdout, stderr }: Pick<Ran, 'stdout' | 'stderr'>, what: string): void {
  t.match(stdout + stderr, shown, `${what}: it is there`);
  t.notMatch(stdout + stderr, raw, `${what}: as codes`);
}

t.test('what a peer says of a report that stays in the spool', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(503, evil.replace(/[^ -~]/g, '')).end(JSON.stringify({ detail: evil, retry: 'later' }));
  });
  // By a socket: one at a port would have to prove first who it is.
  const path = join(temporaryFolder(t), 's.sock');
  await once(server.listen(path), 'listening');
  t.teardown(() => server.close());
  const url = `unix:${path}`;
  const peer = ['--url', url, '--spool', join(temporaryFolder(t), 'spool'), '--timeout', '1s'];
  isShown(t, await run(['report', 'Ada', '--cost', '1', ...peer]), 'report');
  isShown(t, await run(['report', '--flush', ...peer]), 'flush');
});

const sqlite = variants.filter(({ name }) => name === 'sqlite');
for (const engine of sqlite) {
  t.test('what somebody wrote into the log', async (t) => {
    const test = await temporaryLedger(t, { engine });
    await test.record(usage('Ada'));
    await test.close();
    const cli = onData(test.place);
    await engine.meddle(test.place, `UPDATE events SET claude_name = '${evil}' WHERE seq = 3`);
    isShown(t, await cli('verify', '--chain-only'), 'verify');
    await engine.meddle(test.place, `UPDATE events SET source = '${evil}' WHERE seq = 3`);
    isShown(t, await cli('audit', 'events'), 'a table');
    const { stdout } = await cli('audit', 'events', '--json');
    isShown(t, { stdout, stderr: '' }, 'JSON');
    t.equal(JSON.parse(stdout)[2].source, evil, 'which means the same');
    t.match((await cli('export')).stdout, '\u009b2J \u202egnp.exe \u200b!', 'a pipe gets what is stored');
  });

  const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;
  t.test('an export on a terminal', { skip: hasScript ? false : 'script of util-linux makes one' }, async (t) => {
    const test = await temporaryLedger(t, { engine });
    await test.record(usage('Ada'));
    await test.close();
    await engine.meddle(test.place, `UPDATE events SET source = '${evil}' WHERE seq = 3`);
    const command = `'${process.execPath}' '${program}' export --data '${test.place}' 2>/dev/null`;
    const env = { ...process.env, XDG_CONFIG_HOME: noSettings, XDG_DATA_HOME: noData };
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { env, encoding: 'utf8' });
    isShown(t, { stdout, stderr: '' }, 'export');
  });
}

t.test('the log of the daemon', async (t) => {
  let stdout = '';
  const destination = {
    write: (line: string) => {
      stdout += line;
    },
  };
  const { app } = await testServer(t, { log: { level: 'info', destination } });
  app.log.error({ err: new Error(evil) }, evil);
  isShown(t, { stdout, stderr: '' }, 'a line');
  t.match(JSON.parse(stdout), { msg: evil, err: { message: evil } }, 'which means the same');
});
