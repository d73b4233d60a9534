// Thoughts were left out: this provider counts them on top of the candidates, not inside.
import t from 'tap';
import { readByProgram } from './read-by-program.js';

t.test('thoughts are counted beside what is seen', async (t) => {
  const answer = {
    responseId: 'r1',
    modelVersion: 'gemini-3-pro',
    candidates: [{ content: { parts: [{ text: 'words' }] }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: 800,
      cachedContentTokenCount: 300,
      candidatesTokenCount: 70,
      thoughtsTokenCount: 400,
      totalTokenCount: 1_270,
    },
  };
  const { uses } = await readByProgram(t, 'gemini-response', 'answer.json', JSON.stringify(answer));
  t.match(uses, [{ tokens: { input: 500, cache_read: 300, output: 70, reasoning: 400 } }]);
});

t.test('also in the chats of the client', async (t) => {
  const lines = [
    { sessionId: 's1', projectHash: 'p', startTime: '2026-11-28T10:00:00.000Z' },
    {
      id: 'm1',
      type: 'gemini',
      timestamp: '2026-11-28T10:00:01.000Z',
      model: 'gemini-3-pro',
      content: 'words',
      tokens: { input: 800, output: 70, cached: 300, thoughts: 400, tool: 0, total: 1_270 },
    },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { uses } = await readByProgram(t, 'gemini-chat', 'session-1.jsonl', text);
  t.match(uses, [{ tokens: { input: 500, cache_read: 300, output: 70, reasoning: 400 } }]);
});
