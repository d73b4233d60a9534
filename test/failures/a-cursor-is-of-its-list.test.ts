// Goal: a cursor is taken by the list that gave it, in the order it was given in; any other one, and a forged one, is refused
// alike on both engines. It was a fault on one, and an arbitrary page on the other.
import fc from 'fast-check';
import t from 'tap';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';

const lists = ['usage', 'daily', 'quota', 'identities', 'allocations', 'events', 'turns'].flatMap((name) =>
  (name === 'turns' ? [''] : ['', '&order=asc', '&order=desc']).map((order) => `/v1/${name}?limit=1${order}`),
);

for (const engine of variants) {
  t.test(`on ${engine.name}`, async (t) => {
    const server = await testServer(t, { engine });
    for (const name of ['Ada', 'Bob', 'Eve']) {
      await server.send('usage.recorded', { name, mode: 'autonomy', cost_micro_usd: 5 });
      await server.send('quota.read', { windows: [{ key: name, percent_bp: 100 }] });
      await server.post('/v1/turns', { name });
    }
    const given = new Map<string, string>();
    for (const list of lists) {
      const { next } = (await server.get(list)).json();
      t.type(next, 'string', list);
      given.set(list, next);
    }
    const ask = async (list: string, cursor: string) => {
      const answer = await server.get(`${list}&cursor=${encodeURIComponent(cursor)}`);
      return answer.statusCode === 200 ? 'taken' : answer.json().code;
    };
    for (const list of lists) {
      for (const cursor of new Set(given.values())) {
        t.equal(await ask(list, cursor), cursor === given.get(list) ? 'taken' : 'cursor_invalid', `${list} ${cursor}`);
      }
    }
    const value = fc.oneof(
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.constantFrom(null, true, '\u0000', '\ud800', -1, 2 ** 60, 1e300),
    );
    const odd = fc.oneof(
      fc.array(value, { maxLength: 6 }).map((values) => JSON.stringify(values)),
      fc.string(),
    );
    const changed = fc.tuple(fc.constantFrom(...given.values()), fc.nat(3), value);
    const forged = fc.oneof(
      odd.map((text) => Buffer.from(text).toString('base64url')),
      fc.string({ minLength: 1 }),
      changed.map(([cursor, at, put]) => {
        const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
        parts[parts.length - 1 - (at % parts.length)] = put;
        return Buffer.from(JSON.stringify(parts)).toString('base64url');
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lists), forged, async (list, cursor) => {
        const said = await ask(list, cursor);
        if (said !== 'taken' && said !== 'cursor_invalid' && said !== 'request_invalid')
          throw new Error(`${list} ${cursor}: ${said}`);
      }),
      { numRuns: 400, seed: 8 },
    );
  });
}
