/** Case: a right key was refused, as it was compared with what stood around it, or with part of itself. */
import t from 'tap';
import { testServer } from '../api/support.js';
import { bearer, makeKey } from '../support/keys.js';

t.test('every key that was made opens what it is for, however it is sent', async (t) => {
  const { app, get } = await testServer(t);
  const admin = await makeKey(app, { scope: 'admin' });
  for (let i = 0; i < 50; i++) {
    const { key, id } = await makeKey(app, { scope: 'read' }, admin);
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { authorization: `BEARER   ${key}  ` },
      { 'x-api-key': key },
      { 'x-api-key': ` ${key} ` },
      { 'x-api-key': key, authorization: `Bearer ${key}` },
      { 'x-api-key': key, authorization: 'Basic YWRhOmFkYQ==' },
    ]) {
      const answer = await get('/v1/whoami', headers as Record<string, string>);
      t.match(answer.json(), { key: id, scopes: ['read'] }, JSON.stringify(headers).replace(key, '…'));
    }
  }
  t.equal((await get('/v1/keys', bearer(admin))).json().refused, 0);
});
