/**
 * Goal: a log from before full case folding may hold two identities that are one name today. It replays to the same rows, each
 * of the two keeps what is its own, and neither takes the other's reports.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { genesisHash } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import { jsonOn, onData } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { type Content, follow } from '../support/sealed.js';

const start = { seq: 0, id: null, hash: genesisHash, recorded_at: 0 };
const registered = (name: string): Content => ({
  type: 'identity.registered',
  payload: { name, status: 'unconfirmed' },
});
const used = (name: string, micro: number): Content => ({
  type: 'usage.recorded',
  payload: { cost_micro_usd: micro, cost_source: 'reported', mode: 'autonomy', name },
});
const counted = (name: string, micro: number): Content => ({
  type: 'usage.recorded',
  payload: {
    cost_micro_usd: micro,
    cost_source: 'reported',
    counter: { cost_micro_usd: micro },
    mode: 'autonomy',
    name,
    session: 's',
  },
});

/** Long enough ago for no clock to be ahead of it, and lately enough for no clock to be in doubt. */
const began = Date.now() - 3_600_000;

/** As releases before full case folding wrote it. */
const old: readonly Content[] = [
  { type: 'pool.configured', payload: { time_zone: 'UTC' } },
  registered('straße'),
  counted('straße', 100),
  registered('STRASSE'),
  counted('STRASSE', 2_000),
  registered('ΣΑΣ'),
  used('ΣΑΣ', 30_000),
  registered('σασ'),
  used('σασ', 400_000),
  registered('Ada'),
  { type: 'identity.aliased', payload: { name: 'Ada', alias: 'groß' } },
  registered('GROSS'),
  used('GROSS', 5_000_000),
  { type: 'identity.merged', payload: { from: 'straße', into: 'Ada' } },
];

const lineOf = ({ claude_name: _, payload, ...event }: StoredEvent): string =>
  JSON.stringify({ ...event, payload: JSON.parse(payload) });

t.test('two identities of an old log that are one name today stay two', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'old.ndjson');
  writeFileSync(
    file,
    follow(pool, start, ...old.map((content, i) => ({ ...content, recorded_at: began + i })))
      .map(lineOf)
      .join('\n'),
  );
  const data = join(folder, 'data');
  const [on, json] = [onData(data), jsonOn(data)];
  t.match(await json('import', file), { events: old.length });
  t.strictSame(await costs(json), { Ada: 100, STRASSE: 2_000, ΣΑΣ: 30_000, σασ: 400_000, GROSS: 5_000_000 });

  const reports: readonly (readonly [spelling: string, whose: string])[] = [
    ['Straße', 'Ada'],
    ['strasse', 'STRASSE'],
    ['ﬆrasse', 'STRASSE'],
    ['Σας', 'ΣΑΣ'],
    ['σασ', 'σασ'],
    ['GROß', 'Ada'],
    ['gross', 'GROSS'],
  ];
  for (const [spelling, whose] of reports) {
    t.equal((await on('usage', 'record', spelling, '--cost', '0.000001')).code, 0);
    const rows = await json('usage', 'list', '--limit', '1');
    t.equal(rows[0].claude_name, whose, `${spelling} is ${whose}`);
    t.equal((await json('usage', 'list', '--identity', spelling, '--limit', '1'))[0].claude_name, whose);
  }
  await on('usage', 'record', 'strasse', '--session', 's', '--total-cost-usd', '0.002005');
  t.match(
    await json('usage', 'list', '--limit', '1'),
    [{ claude_name: 'STRASSE', cost_micro_usd: 5 }],
    'and its counters',
  );

  t.equal((await on('verify')).code, 0);
  const check = await on('replay', '--check');
  t.equal(check.code, 0, check.stdout + check.stderr);
});

async function costs(json: ReturnType<typeof jsonOn>): Promise<Record<string, number>> {
  const rows: { claude_name: string; total_cost_micro_usd: number }[] = await json(
    'usage',
    'daily',
    '--since',
    '2020-01-01',
  );
  return Object.fromEntries(rows.map((row) => [row.claude_name, row.total_cost_micro_usd]));
}
