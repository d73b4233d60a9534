// Goal: an import says what it took in and what not, though it reads on while a batch is being written.
import t from 'tap';
import { genesisHash } from '../../src/events/chain.js';
import type { Head, StoredEvent } from '../../src/events/envelope.js';
import { Importer } from '../../src/ledger/import.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { type Variant, variants } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { pool } from '../support/ledger.js';
import { type Content, follow } from '../support/sealed.js';

const start: Head = { seq: 0, id: null, hash: genesisHash, recorded_at: 0 };
const configured: Content = { type: 'pool.configured', payload: { time_zone: 'UTC' } };
const registered: Content = { type: 'identity.registered', payload: { name: 'Ada' } };
const used: Content = { type: 'usage.recorded', payload: { cost_source: 'unpriced', mode: 'autonomy', name: 'Ada' } };
const unknown: Content = { payload: { name: 'Nobody' } };

/** Lines of an export whose chain is whole. */
function exported(count: number, odd: Readonly<Record<number, Content>> = {}): string[] {
  const contents = Array.from({ length: count }, (_, i) => odd[i + 1] ?? [configured, registered][i] ?? used);
  return follow(pool, start, ...contents).map(lineOf);
}

function lineOf({ claude_name: _, payload, ...event }: StoredEvent): string {
  return JSON.stringify({ ...event, payload: JSON.parse(payload) });
}

async function emptyLedger(t: Scope, variant: Variant): Promise<Ledger> {
  const place = await variant.place(t, { calm: true });
  const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto' } as const;
  const ledger = await Ledger.open(await variant.open(place), settings);
  t.teardown(() => ledger.close());
  return ledger;
}

/** The lines as they come in, some at a time. */
async function* arriving(lines: readonly string[]): AsyncGenerator<readonly string[]> {
  for (let i = 0; i < lines.length; i += 300) yield lines.slice(i, i + 300);
}

for (const variant of variants) {
  t.test(`an import into ${variant.name}`, async (t) => {
    t.test('takes in every line, in batches', async (t) => {
      const ledger = await emptyLedger(t, variant);
      const lines = exported(2_500);
      t.same(await new Importer(ledger, undefined).run(arriving(lines)), { pool, events: 2_500, seq: 2_500 });
      const stored = await ledger.readStored(pool, { limit: 3_000 });
      t.strictSame(
        stored.map((event) => JSON.parse(lineOf(event))),
        lines.map((line) => JSON.parse(line)),
      );
    });

    t.test('a line that is refused while the batch before it is written leaves that batch imported', async (t) => {
      const ledger = await emptyLedger(t, variant);
      const lines = exported(2_500);
      lines[1_004] = (lines[1_004] as string).replace('test/1', 'test/2');
      await t.rejects(new Importer(ledger, undefined).run(arriving(lines)), {
        message: /^line 1005 is refused: event 1005 is broken: .* The 1,000 events before its batch were imported\.$/,
      });
      t.equal((await ledger.head(pool)).seq, 1_000);
    });

    t.test('a batch that makes no sense is what is told, even where a later line is broken, too', async (t) => {
      const ledger = await emptyLedger(t, variant);
      const lines = exported(2_500, { 900: unknown });
      lines[1_004] = 'no JSON';
      await t.rejects(new Importer(ledger, undefined).run(arriving(lines)), {
        message: /^line 1000 is refused: the events 1 to 1000 make no sense: .* Nothing was imported\.$/,
      });
      t.equal((await ledger.head(pool)).seq, 0);
    });

    t.test('a batch that makes no sense ends the import, though the next one is whole', async (t) => {
      const ledger = await emptyLedger(t, variant);
      await t.rejects(new Importer(ledger, undefined).run(arriving(exported(2_500, { 1900: unknown }))), {
        message: /^line 2000 is refused: the events 1001 to 2000 .* The 1,000 events before its batch were imported\.$/,
      });
      t.equal((await ledger.head(pool)).seq, 1_000);
    });
  });
}
