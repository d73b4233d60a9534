// Goal: the terminals that the guides of `connect` show are what a person sees who types what is there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeClientHomes } from '../support/claude-home.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { blockOf, commandsIn, compare } from '../support/generated-block.js';
import { type Home, madeHome } from '../support/home.js';
import { program } from '../support/program.js';

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;
const columns = 110;

for (const document of ['docs/guides/connect-claude-code.md', 'docs/guides/connect-codex-and-gemini.md']) {
  const skip = !hasScript && 'script, of util-linux, is not installed';
  t.test(`the terminal in ${document}`, { skip, timeout: 400_000 }, async (t) => {
    const home = madeHome(t, { XDG_CONFIG_HOME: '', TZ: 'UTC', NO_COLOR: '1', TERM: 'dumb' });
    makeClientHomes(home);
    mkdirSync(join(home.home, 'bin'));
    symlinkSync(program, join(home.home, 'bin/resource-share'));
    const daemon = await spawnDaemonIn(home.env, home.data);
    t.teardown(() => daemon.stop());
    const shown = commandsIn(blockOf(document, 'connect')).map(
      (command) => `$ ${command}\n${asReaders(typed(command, home), daemon.url)}`,
    );
    compare(t, document, 'connect', `\`\`\`console\n${shown.join('\n').trimEnd()}\n\`\`\``);
  });
}

/** What the terminal shows; a question is answered with yes. */
function typed(command: string, { home, env }: Home): string {
  const shell = `stty cols ${columns} -echo; ${command}`;
  const own = { PATH: `${join(home, 'bin')}:${process.env.PATH}`, LANG: 'C.UTF-8', ...env };
  const { stdout } = spawnSync('script', ['-qec', `sh -c '${shell}'`, '/dev/null'], {
    env: own,
    input: 'y\n',
    encoding: 'utf8',
  });
  // What was typed ahead is echoed before anybody asks.
  return stdout.replace(/\r+\n/g, '\n').replace(/^y\n/, '');
}

/** With the usual address of the daemon, and the account of somebody. */
const asReaders = (text: string, url: string): string =>
  text
    .replaceAll(` --url ${url}`, '')
    .replaceAll(url, 'http://127.0.0.1:8765')
    .replace(/[\w.-]+@[\w-]+(\.[\w-]+)*/g, 'ada@laptop')
    .replace(/\[y\/N\] *y?\n?/g, '[y/N] y\n')
    .replace(/((?:claude|codex|gemini)-)[0-9a-f]{12}(-[0-9a-f]{12}\.before)/g, '$1…$2');
