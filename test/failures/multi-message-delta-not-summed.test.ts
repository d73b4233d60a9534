// Frames of a stream that each have the count so far were added up.
import t from 'tap';
import { eventStream, readByProgram } from './read-by-program.js';

t.test('of several message_delta the last one counts', async (t) => {
  const delta = (output: number) => ({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { output_tokens: output },
  });
  const start = {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5',
      content: [],
      usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 1 },
    },
  };
  const stream = eventStream(start, delta(20), delta(45), delta(60), { type: 'message_stop' });
  const { uses } = await readByProgram(t, 'anthropic-response', 'answer.sse', stream);
  t.equal(uses.length, 1);
  t.match(uses, [{ key: 'anthropic:msg_1', tokens: { input: 10, cache_read: 100, output: 60 } }]);
});
