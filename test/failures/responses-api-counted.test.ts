// The newer API of one provider was never counted: its answers have other names for the same counts.
import t from 'tap';
import { eventStream, readByProgram } from './read-by-program.js';

const usage = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 600 },
  output_tokens: 90,
  output_tokens_details: { reasoning_tokens: 50 },
  total_tokens: 1_090,
};
const answer = { id: 'resp_1', object: 'response', model: 'gpt-5.2', status: 'completed', usage };
const counted = { key: 'openai:resp_1', tokens: { input: 400, cache_read: 600, output: 40, reasoning: 50 } };

t.test('an answer in one piece', async (t) => {
  const { uses } = await readByProgram(t, 'openai-responses-response', 'answer.json', JSON.stringify(answer));
  t.match(uses, [counted]);
});

t.test('an answer in events, of which the last one has the counts', async (t) => {
  const stream = eventStream(
    { type: 'response.created', response: { ...answer, status: 'in_progress', usage: null } } as { type: string },
    { type: 'response.output_text.delta', delta: 'words' } as { type: string },
    { type: 'response.completed', response: answer } as { type: string },
  );
  const { uses } = await readByProgram(t, 'openai-responses-response', 'answer.sse', stream);
  t.equal(uses.length, 1);
  t.match(uses, [counted]);
});
