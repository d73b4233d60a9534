/**
 * Goal: a long history in which weeks pass (readings, resets, refusals, pauses, merges, changes of the policy, agents that
 * ask again, restarts in between) leaves the same allocations and their history as a replay of it, to the byte.
 */
import t from 'tap';
import { parseCommand } from '../../src/events/command.js';
import { ManualClock } from '../support/clock.js';
import { origin } from '../support/command.js';
import { variant } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';
import { randomSource } from '../support/random.js';

const events = Number(process.env.EVENTS ?? 6_000);
const seed = Number(process.env.SEED ?? 7);
const chunk = 40;

t.test('what was allocated over the weeks is what a replay gives', { timeout: 540_000 }, async (t) => {
  const place = await variant.place(t);
  const random = randomSource(seed);
  const clock = new ManualClock(noon);
  const history = new MixedHistory(seed, noon);
  t.comment(`seed ${seed}, ${events} commands`);
  let test = await temporaryLedger(t, { place, clock });
  for (let sent = 0; sent < events; sent += chunk) {
    // From within a second to half a day, so that chunks fall within a plan as well as over several resets.
    clock.advance(Math.floor(random() ** 4 * 43_200_000));
    history.now = clock.now();
    const commands = history.next(chunk).map((command) => parseCommand(command, origin));
    const outcomes = [];
    for (let i = 0; i < chunk; i += 8) {
      clock.advance(Math.floor(random() ** 3 * 600_000));
      outcomes.push(...(await test.ledger.submit(pool, { commands: commands.slice(i, i + 8), advise: i % 16 === 0 })));
    }
    history.answered(outcomes.map((outcome) => ({ status: outcome.status, id: receiptId(outcome) })));
    if (random() < 10 / (events / chunk)) {
      await test.close();
      test = await temporaryLedger(t, { place, clock });
    }
  }
  const report = await test.replay({ check: true });
  t.equal(report.identical, true, JSON.stringify(report.tables));
  t.ok(report.events > events / 2, `${report.events} events`);
  const [rows] = await test.ledger.query<{ changes: number; seqs: number }>(
    'SELECT COUNT(*) AS changes, COUNT(DISTINCT seq) AS seqs FROM fair_allocation_history',
  );
  t.ok((rows?.seqs ?? 0) > events / 100, `${rows?.changes} rows of history at ${rows?.seqs} events`);
});

function receiptId(outcome: object): string | undefined {
  return (outcome as { readonly receipt?: { readonly id: string } }).receipt?.id;
}
