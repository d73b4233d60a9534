/**
 * Goal: what the README and the guides tell people to type, works. Blocks marked `sh` run in order, against a daemon, in a
 * folder of their own; `sh start` blocks start things and are left out; `sh TOOL` blocks run where there is that tool.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { makeClientHomes } from '../support/claude-home.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { homeAt } from '../support/home.js';
import { program } from '../support/program.js';

const run = promisify(execFile);
/** The guide that is about another server has a test of its own, beside this one. */
const guides = readdirSync(join(packageRoot, 'docs/guides'))
  .filter((name) => name !== 'replace-the-original.md')
  .map((name) => `docs/guides/${name}`);

/** Nothing that a guide says is done to the home of who runs the tests. */
const homeIn = (folder: string) => homeAt(join(folder, 'home'));

/** Those about operation whose commands need no second machine. */
const operating = ['back-up', 'install', 'service', 'upgrade', 'move', 'scale', 'rotate-keys', 'audit-trail'].map(
  (name) => `docs/operating/${name}.md`,
);

for (const document of ['README.md', ...operating, ...guides]) {
  t.test(document, { timeout: 400_000 }, async (t) => {
    const text = readFileSync(join(packageRoot, document), 'utf8');
    const folder = temporaryFolder(t);
    makeClientHomes(homeIn(folder));
    const daemon = await spawnDaemonIn({ RESOURCE_SHARE_WEBHOOKS_ALLOW_HOSTS: '127.0.0.1' }, join(folder, 'data'));
    t.teardown(() => daemon.stop());
    const outputs: string[] = [];
    for (const { tool, script } of shellBlocks(text)) {
      if (tool !== null && !isInstalled(tool)) {
        t.comment(`${tool} is not installed`);
        continue;
      }
      const { code, stdout, stderr } = await runScript(script, folder, daemon.url);
      t.equal(code, 0, script.slice(0, 60), { stdout, stderr });
      t.notMatch(stdout, /"code":"/, 'no answer is a problem');
      outputs.push(stdout);
    }
    t.ok(outputs.length > 0, 'the document has commands');
    if (document === 'README.md')
      t.same(JSON.parse(outputs[0] as string), firstJson(text), 'the answer shown is the answer given');
  });
}

interface Block {
  readonly tool: string | null;
  readonly script: string;
}

function shellBlocks(text: string): Block[] {
  return [...text.matchAll(/^```sh(?: (\w+))?\n([\s\S]*?)^```$/gm)]
    .map(([, tool, script]) => ({ tool: tool ?? null, script: script as string }))
    .filter(({ tool }) => tool !== 'start');
}

function firstJson(text: string): unknown {
  return JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? 'null');
}

function isInstalled(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`]);
    return true;
  } catch {
    return false;
  }
}

async function runScript(
  script: string,
  folder: string,
  url: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const prelude = `set -eu\nnpx() { shift; '${process.execPath}' '${program}' "$@"; }\n`;
  const here = script.replaceAll('localhost:8765', url.replace('http://', ''));
  const env = {
    ...process.env,
    RESOURCE_SHARE_URL: url,
    HOME: homeIn(folder).home,
    XDG_CONFIG_HOME: '',
    CLAUDE_CONFIG_DIR: '',
    CODEX_HOME: '',
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_DATA_HOME: join(folder, 'share'),
  };
  try {
    return { code: 0, ...(await run('bash', ['-c', prelude + here], { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
