// The chain is computed here a second time, from its description alone: SHA-256 over version, previous hash, each field
// of the envelope behind its length, and the digest of the payload.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { chainFault, chainHash, genesisHash, hashVersion, payloadDigest } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { EpochMs, EventId, PoolId, Seq } from '../../src/events/scalars.js';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();

function framed(value: string | number | null): Buffer {
  const length = Buffer.alloc(4);
  if (value === null) {
    length.writeUInt32BE(0xffffffff);
    return length;
  }
  const bytes = Buffer.from(String(value), 'utf8');
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function hashByHand(previous: string, event: StoredEvent): string {
  const fields = [
    event.pool,
    event.seq,
    event.id,
    event.type,
    event.version,
    event.occurred_at,
    event.recorded_at,
    event.actor,
    event.source,
    event.key,
    event.correlates,
  ].map(framed);
  return sha256(Buffer.concat([Buffer.of(1), Buffer.from(previous, 'hex'), ...fields, sha256(event.payload)])).toString(
    'hex',
  );
}

const payload = '{"mode":"autonomy","name":"Zoë"}';
const first: StoredEvent = {
  pool: 'default' as PoolId,
  seq: 1 as Seq,
  id: '01JGZ0000000000000000000A1' as EventId,
  type: 'usage.recorded',
  version: 1,
  occurred_at: 1_767_614_400_000 as EpochMs,
  recorded_at: 1_767_614_400_500 as EpochMs,
  actor: 'local',
  source: 'coop/1',
  key: null,
  correlates: null,
  payload,
  digest: payloadDigest(payload),
  hash: '',
  hash_version: hashVersion,
  claude_name: 'Zoë',
};

const hashOf = (event: StoredEvent, previous = genesisHash) => chainHash(previous, event, event.digest);

function sealed(event: StoredEvent, previous = genesisHash): StoredEvent {
  const digested = { ...event, digest: payloadDigest(event.payload) };
  return { ...digested, hash: hashOf(digested, previous) };
}

t.test('hashes as described, from the first event on', async (t) => {
  t.equal(genesisHash, '00'.repeat(32));
  t.equal(hashOf(first), hashByHand(genesisHash, first));
  t.equal(payloadDigest(payload), sha256(payload).toString('hex'));
  const second = { ...first, seq: 2 as Seq, key: 'a key', correlates: first.id };
  const previous = hashOf(first);
  t.equal(hashOf(second, previous), hashByHand(previous, second));
  t.not(hashOf(second), hashOf(second, previous), 'the hash before it counts');
});

t.test('hashes fields of any length and script', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 3_000 });
  const event = fc.record({ key: fc.option(text), actor: text, source: text, correlates: fc.option(text) });
  fc.assert(
    fc.property(event, (fields) => {
      const changed = { ...first, ...fields } as StoredEvent;
      return hashOf(changed) === hashByHand(genesisHash, changed);
    }),
    { numRuns: 100, seed: 1 },
  );
});

t.test('every field of the envelope, and the payload, changes the hash', async (t) => {
  const changes: Partial<Record<keyof StoredEvent, unknown>> = {
    pool: 'other',
    seq: 2,
    id: '01JGZ0000000000000000000A2',
    type: 'usage.corrected',
    version: 2,
    occurred_at: first.occurred_at + 1,
    recorded_at: first.recorded_at + 1,
    actor: 'remote',
    source: 'coop/2',
    key: '',
    correlates: '',
    digest: payloadDigest('{}'),
  };
  const before = hashOf(first);
  for (const [field, value] of Object.entries(changes)) {
    t.not(hashOf({ ...first, [field]: value } as StoredEvent), before, field);
  }
});

t.test('fields cannot flow into each other', async (t) => {
  const hash = (fields: Partial<StoredEvent>) => hashOf({ ...first, ...fields });
  t.not(hash({ actor: 'ab', source: 'c' }), hash({ actor: 'a', source: 'bc' }));
  t.not(hash({ key: 'x', correlates: null }), hash({ key: null, correlates: 'x' as EventId }));
  t.not(hash({ key: '' }), hash({ key: null }), 'empty is not absent');
  t.not(hash({ seq: 11 as Seq, id: '1' as EventId }), hash({ seq: 1 as Seq, id: '11' as EventId }));
});

t.test('says what is wrong with an event that does not follow', async (t) => {
  const one = sealed(first);
  const before = { seq: 1, hash: one.hash, recorded_at: one.recorded_at };
  const two = sealed({ ...first, seq: 2 as Seq }, one.hash);
  const early = sealed({ ...two, recorded_at: (one.recorded_at - 1) as EpochMs }, one.hash);
  const cases: [string, StoredEvent, string | null][] = [
    ['the next event', two, null],
    ['one left out', { ...two, seq: 3 as Seq }, 'seq_gap'],
    ['one twice', one, 'seq_gap'],
    ['another payload', { ...two, payload: payload.replace('Zoë', 'Zoe') }, 'digest_mismatch'],
    ['another payload with its digest', { ...two, payload: '{}', digest: payloadDigest('{}') }, 'hash_mismatch'],
    ['another actor', { ...two, actor: 'mallory' }, 'hash_mismatch'],
    ['another hash', { ...two, hash: genesisHash }, 'hash_mismatch'],
    ['a recipe of the future', { ...two, hash_version: 2 }, 'hash_version_unknown'],
    ['an earlier time', early, 'time_reversed'],
  ];
  for (const [name, event, fault] of cases) t.equal(chainFault(before, event), fault, name);
});
