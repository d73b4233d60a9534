/**
 * A worker that slept past its claim went on, and completed the job that another one had by then. Here two workers are processes of their
 * own: the first is stopped, the second does the job, and what the first says when it wakes changes nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { variants } from '../support/engines.js';
import { type Scope, temporaryFolder } from '../support/folder.js';
import { jobDaemon } from '../support/job-daemon.js';
import { noSettings, program } from '../support/program.js';

/** Each line that it says. */
function worker(
  t: Scope,
  url: string,
  code: string,
): { readonly process: ChildProcess; said(what: RegExp): Promise<void> } {
  const args = [program, 'worker', '--url', url, '--kinds', 'x.work', '--', process.execPath, '-e', code];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, XDG_CONFIG_HOME: noSettings, RESOURCE_SHARE_JOBS_POLL_MS: '100' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  let heard = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      heard();
    });
  }
  const said = async (what: RegExp) => {
    while (!what.test(text)) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { process: child, said };
}

for (const engine of variants) {
  t.test(engine.name, { timeout: 400_000 }, async (t) => {
    const { daemon, get, post, until } = await jobDaemon(t, engine);
    const go = join(temporaryFolder(t), 'go');
    const waits = `const wait = () => require('fs').existsSync(${JSON.stringify(go)}) ? console.log('"first"') : setTimeout(wait, 50); wait()`;
    const first = worker(t, daemon.url, waits);
    const { id } = await post('jobs', { kind: 'x.work' });
    await until(`jobs/${id}`, ({ state }) => state === 'running');
    first.process.kill('SIGSTOP');
    worker(t, daemon.url, `console.log('"second"')`);
    await until(`jobs/${id}`, ({ state }) => state === 'succeeded');
    writeFileSync(go, '');
    first.process.kill('SIGCONT');
    await first.said(/is lost/);
    t.match(await get(`jobs/${id}`), { state: 'succeeded', result: 'second', token: 2, attempts: 2 });
  });
}
