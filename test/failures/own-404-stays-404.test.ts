// The server's own 404 was caught by its own handler and came out as a 500. Here it stays what it is, with a reason.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('what is not there is answered with 404, and with the text that old clients show', async (t) => {
  const server = await testServer(t);
  await server.send('identity.registered', { name: 'Ada' });
  const nobody = { claude_name: 'Nobody' };
  const answers = {
    'unpause of an unknown name': await server.post('/unpause', nobody),
    'status of an unknown name': await server.get('/pause-status?claude_name=Nobody'),
    'choice of an unknown name': await server.post('/autonomous-time/choice', { ...nobody, choice: 'wait' }),
    'an unknown event': await server.get('/v1/events/01JGZ0000000000000000000A1'),
    'an unknown route': await server.get('/resource-share/decrement'),
    'an unknown pool': await server.get('/health?pool=nowhere'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    t.equal(answer.statusCode, 404, name);
    const body = answer.json<Record<string, unknown>>();
    t.ok(typeof body.detail === 'string' && body.detail !== '', `${name}: ${body.detail}`);
  }
  t.equal((await server.get('/pause-status?claude_name=ada')).statusCode, 200);
});
