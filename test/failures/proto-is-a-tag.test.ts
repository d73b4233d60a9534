// Goal: a tag is kept whatever it is called: one called `__proto__` was dropped without a word.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('tags are kept under the names they were sent with', async (t) => {
  const server = await testServer(t);
  const tags = '{"__proto__":"a","constructor":"b","toString":"c","x":"d"}';
  const payload = `{"name":"Ada","mode":"autonomy","cost_micro_usd":1,"tags":${tags}}`;
  const sent = await server.post('/v1/events', `{"type":"usage.recorded","key":"k","payload":${payload}}`);
  t.equal(sent.statusCode, 201, sent.body);
  const { body } = await server.get(`/v1/events/${sent.json().id}`);
  t.match(body, `"tags":${tags}`);
  const other = payload.replace('"a"', '"z"');
  const reused = await server.post('/v1/events', `{"type":"usage.recorded","key":"k","payload":${other}}`);
  t.match(reused.json(), { code: 'key_reused' }, 'it is a part of what was asked');
  const long = `{"name":"Ada","mode":"autonomy","tags":{"__proto__":7}}`;
  t.equal((await server.post('/v1/events', `{"type":"usage.recorded","payload":${long}}`)).statusCode, 422);
});

t.test('names of members do not matter anywhere else either', async (t) => {
  const server = await testServer(t);
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
    await server.send('usage.recorded', { name, mode: 'autonomy', model: name, session: name, total_tokens: 5 });
    if (name !== '__proto__') await server.send('quota.read', { windows: [{ key: name, percent_bp: 100 }] });
    await server.send('alert.raised', { rule: name, subject: name, text: name, dedupe_key: name });
    t.match((await server.get(`/resource/today/${name}`)).json(), { total_tokens: 5 }, name);
  }
  t.strictSame(
    (await server.get('/v1/allocations')).json().rows.length > 0 &&
      (await server.get('/dashboard/json'))
        .json()
        .claudes.map(({ name }: { name: string }) => name)
        .sort(),
    ['__proto__', 'constructor', 'hasOwnProperty'],
  );
  t.equal(
    (await server.post('/v1/events', '{"type":"identity.registered","payload":{"__proto__":{},"name":"Z"}}'))
      .statusCode,
    422,
  );
});
