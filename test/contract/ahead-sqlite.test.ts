// Under load a batch is decided while the one before it is being written. When that one fails, nothing of it may show.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import type { Command } from '../../src/events/command.js';
import type { Outcome, Submission } from '../../src/ledger/outcome.js';
import { register, usage } from '../support/command.js';
import { logFault, pool, type TestLedger, temporaryLedger } from '../support/ledger.js';

/** Two of these make no common batch, and each is enough to be decided ahead. */
const size = 600;
const many = (command: Command): Command[] => Array.from({ length: size }, () => command);

/** Submits at once. From now on no event of Eve can be written. */
function submitAll(test: TestLedger, ...submissions: Submission[]): Promise<Outcome[][]> {
  const db = new Database(join(test.place, 'resource_tracking.db'));
  db.exec(
    `CREATE TRIGGER refusal BEFORE INSERT ON events WHEN new.claude_name = 'Eve' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  db.close();
  return Promise.all(submissions.map((submission) => test.ledger.submit(pool, submission)));
}

const statuses = (outcomes: readonly Outcome[] = []): unknown => [
  ...new Set(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.code : outcome.status))),
];

t.test('what was decided on top of a batch that failed is decided again', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada'));
  const before = (await test.stored()).length;

  const after = ['Bo', 'Cy', 'Dee', 'Fay'];
  const [first, failed, ...others] = await submitAll(
    test,
    ...['Ada', 'Eve', ...after].map((name) => ({ commands: many(usage(name)), atomic: name === 'Eve' })),
  );
  t.strictSame(statuses(first), ['recorded']);
  t.strictSame(statuses(failed), ['item_failed']);
  t.strictSame(
    others.map(statuses),
    after.map(() => ['recorded']),
  );

  const stored = await test.stored();
  t.equal(logFault(stored), null);
  t.equal(stored.length, before + size + after.length * (1 + size), 'and each of them was registered');
  t.notOk(stored.some(({ claude_name: name }) => name === 'Eve'));
  const receipts = (others.at(-1) as Outcome[]).map((outcome) =>
    outcome.status === 'recorded' ? outcome.receipt.seq : null,
  );
  t.strictSame(
    receipts,
    stored.slice(-size).map(({ seq }) => seq),
  );
  t.equal((await test.replay({ check: true })).identical, true);
});

t.test('an answer that wrote nothing does not rest on a batch that failed', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada'));

  const [, failed, again] = await submitAll(
    test,
    { commands: many(usage('Ada')) },
    { commands: [...many(usage('Ada')).slice(2), register('Zoe'), usage('Eve')], atomic: true },
    { commands: many(register('Zoe')) },
  );
  t.strictSame(statuses(failed), ['item_failed']);
  t.match(again, [{ status: 'recorded' }, { status: 'rejected' }], 'nobody was called Zoe after all');
  t.equal(logFault(await test.stored()), null);
});
