// Goal: whoever collects in a daemon lets its other work go on, also where all that a source has is combined.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { collect } from '../../src/intake/collect.js';
import { emptyCursor } from '../../src/intake/cursor.js';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { codexRollout } from '../../src/sources/codex-rollout.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';

const turns = 20;
const responses = turns * limits.collectTurn;

t.test('what is combined is combined in parts', async (t) => {
  const root = temporaryFolder(t);
  const at = Date.parse('2026-11-28T12:00:00Z');
  const lines = Array.from({ length: responses }, (_, i) => {
    const usage = { input_tokens: 10 + i, output_tokens: 1, total_tokens: 11 + i };
    const payload = { thread_id: 'a', turn_id: `t${i}`, response_id: `r${i}`, usage };
    return JSON.stringify({ timestamp: new Date(at + i).toISOString(), type: 'token_usage_record', payload });
  });
  writeFileSync(join(root, 'rollout-1.jsonl'), `${lines.join('\n')}\n`);
  const parts = Math.ceil(lines.join('\n').length / limits.partBytes);
  let [sent, others, isDone] = [0, 0, false];
  const work = collect({
    source: codexRollout,
    roots: [root],
    cursor: emptyCursor,
    save: () => undefined,
    whoseOf: () => ({ identity: 'Ada', mode: 'autonomy', modeSource: 'rule', project: undefined }),
    sink: async (reports) => {
      sent += reports.length;
      return reports.map(() => ({ status: 'recorded' }));
    },
    origin: { actor: 'local', source: 'test/1' },
    clock: new ManualClock(at),
    tryMs: 0,
  }).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await nextTurn();
    others += 1;
  }
  await work;
  t.equal(sent, responses);
  t.ok(others > 3 * turns, `others were let in ${others} times, ${parts} of them while it was read`);
});
