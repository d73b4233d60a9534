/**
 * Goal: a daemon that collects by itself records what is in the files of its machine once, on either engine, wherever it is killed.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeTranscripts } from '../../bench/transcripts.js';
import { type Daemon, spawnDaemonIn } from '../support/daemon.js';
import { variant } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 2_207);
const kills = 4;
/** Some 4,000 responses. */
const bytes = 8_000_000;

t.test('a daemon that collects is killed at work', { timeout: 400_000 }, async (t) => {
  t.comment(`seed ${seed}`);
  const random = randomSource(seed);
  const home = temporaryFolder(t);
  const place = await variant.place(t);
  const responses = writeTranscripts(join(home, '.claude'), 'usage alone', bytes);
  const start = () => spawnDaemonIn({ ...environment(home), RESOURCE_SHARE_SOURCES_COLLECT: 'true' }, place);
  let daemon = await start();
  t.teardown(() => daemon.process.kill('SIGKILL'));
  let broken = 0;
  for (let i = 0; i < kills; i += 1) {
    const from = (await answeredBy(daemon, 'v1/pools')) as Pools;
    const upTo = Math.min(responses, seqOf(from) + Math.ceil(random() * 900));
    let seq = 0;
    while (seq < upTo) seq = seqOf((await answeredBy(daemon, 'v1/pools')) as Pools);
    if (seq < responses) broken += 1;
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    daemon = await start();
  }
  t.ok(broken > 1, `${broken} were killed at work`);
  while (seqOf((await answeredBy(daemon, 'v1/pools')) as Pools) < responses);
  // It is noted how far files were read when it ends.
  t.equal(await daemon.stop(), 0);
  const cursors = place.includes('://') ? join(home, 'state/resource-share/cursors') : join(place, 'cursors');
  t.ok(existsSync(cursors) && readdirSync(cursors).length > 0, 'where the cursors are');

  const engine = await variant.open(place, 'reader');
  t.teardown(() => engine.close());
  const [found] = await engine.query<Record<string, number>>(
    'SELECT count(*) AS uses, sum(output_tokens) AS output, sum(reasoning_tokens) AS reasoning FROM resource_share_increments',
  );
  const numbers = Object.values(found ?? {}).map(Number);
  t.strictSame(numbers, [responses, 170 * responses, 41 * responses], 'each response is a use, once');
});

interface Pools {
  readonly pools: readonly { readonly seq: number }[];
}

const seqOf = ({ pools }: Pools): number => pools[0]?.seq ?? 0;

async function answeredBy({ url }: Daemon, path: string): Promise<unknown> {
  return (await fetch(`${url}/${path}`)).json();
}

const environment = (home: string): Record<string, string> => ({
  HOME: home,
  XDG_STATE_HOME: join(home, 'state'),
  TMUX_TMPDIR: home,
  TMUX: '',
  CODEX_HOME: '',
  CLAUDE_CONFIG_DIR: '',
  NODE_V8_COVERAGE: '',
});
