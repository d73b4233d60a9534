// Goal: keys are kept beside the ledger, out of reach of its queries and of other accounts; what is changed by one process, another sees.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Engine } from '../../src/engines/engine.js';
import { openEngine } from '../../src/engines/open.js';
import { Keys } from '../../src/trust/keys.js';
import { Sessions } from '../../src/trust/sessions.js';
import { WebhookSecrets } from '../../src/trust/webhook-secrets.js';
import { webhookSecretOf, webhookSignature } from '../../src/trust/webhook-signature.js';
import { ManualClock } from '../support/clock.js';
import { type Variant, variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { queryOnce } from '../support/postgres-server.js';

const all = { scope: 'ingest', pool: null, identity: null, label: null, expiresAt: null } as const;

async function world(t: Scope, variant: Variant) {
  const place = await variant.place(t, { calm: true });
  const clock = new ManualClock(noon);
  const engine = await openEngine(place, 'writer', { inline: true, clock });
  t.teardown(() => engine.close());
  return { place, clock, engine, ...(await keysOf(engine, clock)) };
}

async function keysOf(engine: Engine, clock: ManualClock) {
  const keys = new Keys(engine.keys, () => clock.now());
  await keys.load();
  return { keys };
}

for (const variant of variants) {
  t.test(variant.name, async (t) => {
    t.test('nothing is made before there is a key', async (t) => {
      const { engine, keys } = await world(t, variant);
      t.same(keys.list(), []);
      t.equal(await engine.keys.version(), 0);
      t.equal(await engine.keys.revoke('00000000', noon), false);
      await engine.keys.touch(new Map([['00000000', noon]]));
      t.equal(await engine.keys.version(), 0);
    });

    t.test('what is kept of a key comes back as it was, and opens for the key alone', async (t) => {
      const { engine, clock, keys } = await world(t, variant);
      const asked = { scope: 'read', pool: 'team-a', identity: 'Ada', label: 'the desk', expiresAt: noon + 5 } as const;
      const made = keys.make(asked);
      await keys.add(made);
      await keys.add(keys.make(all));
      const { keys: again } = await keysOf(engine, clock);
      t.match(
        again.list().find(({ id }) => id === made.key.id),
        { ...asked, createdAt: noon, revokedAt: null },
      );
      t.match(again.check(made.text), { key: { id: made.key.id } });
      const forged = keys.make(asked).text;
      t.same(again.check(forged), { fault: 'unknown' });
      t.same(again.check(made.text.slice(0, -1)), { fault: 'malformed' });
      clock.advance(5);
      t.same(again.check(made.text), { fault: 'expired' });
    });

    t.test('a replaced key works until the overlap is over, and is replaced once', async (t) => {
      const { engine, clock, keys } = await world(t, variant);
      const old = keys.make({ ...all, expiresAt: noon + 1_000 });
      await keys.add(old);
      clock.advance(100);
      const next = keys.successorOf(old.key.id);
      t.equal(next.key.expiresAt, noon + 1_100, 'for as long a time');
      await keys.replace(old.key.id, next, noon + 200);
      t.equal(await engine.keys.replace(old.key.id, keys.make(all).key, noon), false);
      t.throws(() => keys.successorOf(old.key.id), { code: 'key_inactive' });
      t.match(keys.check(old.text), { key: { replacedBy: next.key.id } });
      t.match(keys.check(next.text), { key: { id: next.key.id } });
      clock.advance(100);
      t.same(keys.check(old.text), { fault: 'replaced' });
      t.match(keys.check(next.text), { key: { id: next.key.id } });
    });

    t.test('what one process revokes, another refuses once it has looked', async (t) => {
      const { engine, clock, keys } = await world(t, variant);
      const { keys: other } = await keysOf(engine, clock);
      const made = keys.make({ ...all, scope: 'admin' });
      await keys.add(made);
      t.same(other.check(made.text), { fault: 'unknown' });
      t.notOk(other.hadAdmin);
      await other.refresh();
      t.match(other.check(made.text), { key: { id: made.key.id } });
      await keys.revoke(made.key.id);
      t.same(keys.check(made.text), { fault: 'revoked' }, 'at once');
      await other.refresh();
      t.same(other.check(made.text), { fault: 'revoked' });
      t.ok(other.hadAdmin);
      t.notOk(other.anyWorks);
      t.equal(await engine.keys.revoke(made.key.id, noon), false);
    });

    t.test('the last use is written once a minute, and changes no version', async (t) => {
      const { engine, clock, keys } = await world(t, variant);
      const made = keys.make(all);
      await keys.add(made);
      const version = await engine.keys.version();
      const written = async () => (await engine.keys.read()).keys[0]?.lastUsedAt;
      keys.check(made.text);
      await keys.refresh();
      t.equal(await written(), noon);
      clock.advance(59_999);
      keys.check(made.text);
      await keys.refresh();
      t.equal(await written(), noon);
      clock.advance(1);
      keys.check(made.text);
      await keys.refresh();
      t.equal(await written(), noon + 60_000);
      t.equal(await engine.keys.version(), version);
    });

    t.test('sessions and secrets of webhooks are there after a restart', async (t) => {
      const { place, engine, clock, keys } = await world(t, variant);
      const sessions = new Sessions(engine.sessions, keys, () => clock.now());
      t.equal(await sessions.find('x'.repeat(43)), null);
      await engine.sessions.end(new Uint8Array(32));
      const secrets = new WebhookSecrets(engine.secrets, () => clock.now());
      await engine.secrets.count(new Map([['00000000', { times: 1, at: noon }]]));
      t.equal(await engine.secrets.revoke('00000000', noon), false);
      t.equal(await engine.keys.version(), 0, 'nothing is made for them before');
      const made = keys.make({ ...all, scope: 'read' });
      await keys.add(made);
      const { id } = await sessions.open(made.key);
      const asked = { source: 'events', pool: 'default', identity: 'Ada', label: 'desk' };
      const one = secrets.make(asked);
      await secrets.add(one);
      const before = await engine.keys.version();
      secrets.noteUse(one.secret);
      secrets.noteUse(one.secret);
      await secrets.flush();
      t.equal(await engine.keys.version(), before, 'a use is no change');
      await engine.close();

      const next = await openEngine(place, 'writer', { inline: true, clock });
      t.teardown(() => next.close());
      const { keys: nextKeys } = await keysOf(next, clock);
      const nextSessions = new Sessions(next.sessions, nextKeys, () => clock.now());
      t.match(await nextSessions.find(id), { id, key: { id: made.key.id } });
      t.equal(await nextSessions.find(`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`), null);
      const nextSecrets = new WebhookSecrets(next.secrets, () => clock.now());
      await nextSecrets.load();
      t.match(nextSecrets.list(), [{ ...asked, id: one.secret.id, uses: 2, lastUsedAt: noon }]);
      const message = { id: 'msg_1', timestamp: 1, body: '{}' };
      const signature = webhookSignature(message, [webhookSecretOf(one.text) as Buffer]);
      t.match(nextSecrets.signerOf('events', signature, message), { id: one.secret.id });
      t.equal(nextSecrets.signerOf('otlp', signature, message), undefined);
      t.equal(await next.secrets.replace(one.secret.id, nextSecrets.successorOf(one.secret.id).secret, noon), true);
      t.equal(await next.secrets.replace(one.secret.id, secrets.make(asked).secret, noon), false);
    });

    t.test('no query of the tables, and no other account, gets at them', async (t) => {
      const { place, engine, keys } = await world(t, variant);
      await keys.add(keys.make(all));
      for (const table of ['keys', 'keys.keys', 'version', 'main.keys'])
        await t.rejects(engine.query(`SELECT * FROM ${table}`), table);
      if (engine.kind === 'sqlite') {
        for (const name of ['keys.db', 'keys.db-wal', 'keys.db-shm'])
          t.equal(statSync(join(place, name)).mode & 0o777, 0o600, name);
        return;
      }
      const rights = `SELECT has_schema_privilege('pg_read_all_settings', 'resource_share_keys', 'USAGE') AS used,
        has_table_privilege('pg_read_all_settings', 'resource_share_keys.keys', 'SELECT') AS read`;
      t.same(await queryOnce(place, rights), [{ used: false, read: false }]);
    });
  });
}
