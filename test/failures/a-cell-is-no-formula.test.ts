// Goal: a spreadsheet that opens our CSV runs nothing: text that would be a formula is marked as text, numbers are not, and who wants the bytes as they are asks for them.
import t from 'tap';
import { testServer } from '../api/support.js';

t.test('text that begins as a formula does is marked', async (t) => {
  const server = await testServer(t);
  const attack = '=HYPERLINK("https://example.test","x")';
  const use = { name: '@Ada', mode: 'autonomy', cost_micro_usd: 5, model: attack, project: '-2+3', session: '+1' };
  const { id } = await server.send('usage.recorded', use);
  await server.send('usage.corrected', { corrects: id, difference: { cost_micro_usd: -2 }, reason: 'too much' });

  const cells = async (url: string) => (await server.get(url)).body.split('\r\n');
  const [header = '', corrected = '', recorded = ''] = await cells('/v1/usage?format=csv&order=desc');
  t.notMatch(header, "'");
  t.match(recorded, `,'@Ada,`);
  t.match(recorded, `,"'=HYPERLINK(""https://example.test"",""x"")",`);
  t.match(recorded, `,'+1,'-2+3,`);
  t.match(corrected, ',-2,', 'a number below nothing stays a number');
  t.notMatch(corrected, "'-");

  const [, , raw = ''] = await cells('/v1/usage?format=csv&order=desc&csv=raw');
  t.match(raw, ',@Ada,');
  t.match(raw, ',"=HYPERLINK(""https://example.test"",""x"")",');
  const [, identity = ''] = await cells('/v1/identities?format=csv');
  t.match(identity, "'@Ada");
  t.match((await server.get('/v1/usage?csv=hot')).json(), { code: 'request_invalid', errors: [{ field: 'csv' }] });
});

t.test('so it is in the log, by source and key', async (t) => {
  const server = await testServer(t);
  const more = { source: '=cmd/1', key: '+key' };
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 }, more);
  const marked = (await server.get('/v1/events?format=csv&type=usage.recorded')).body;
  t.match(marked, `'=cmd/1`);
  t.match(marked, `'+key`);
  const raw = (await server.get('/v1/events?format=csv&type=usage.recorded&csv=raw')).body;
  t.match(raw, ',=cmd/1,');
  t.notMatch(raw, "'=");
});
