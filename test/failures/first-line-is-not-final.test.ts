// The first line of a response holds a placeholder for its output: where the first line won, a half or a third was counted.
import t from 'tap';
import { claudeLine } from '../support/claude-lines.js';
import { readByProgram } from './read-by-program.js';

t.test('the figures of the last line count, once', async (t) => {
  const line = (output: number, uuid: string, stop: string | null) =>
    claudeLine({
      usage: { output_tokens: output },
      message: { stop_reason: stop },
      line: { uuid, version: '2.0.14', timestamp: '2026-11-28T10:00:00.000Z' },
    });
  const lines = [line(1, 'u1', null), line(1, 'u2', null), line(310, 'u3', 'end_turn')];
  const text = lines.map((one) => `${JSON.stringify(one)}\n`).join('');
  const { uses } = await readByProgram(t, 'claude-transcript', 's1.jsonl', text);
  t.equal(uses.length, 1);
  t.match(uses, [{ key: 'anthropic:msg_1', tokens: { input: 10, cache_read: 100, output: 310 } }]);
});
