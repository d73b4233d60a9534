/** Plays a made-up history into a pool of a ledger, one command at a time or in batches. */
import type { Command } from '../../src/events/command.js';
import type { PoolId } from '../../src/events/scalars.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import type { TestLedger } from './ledger.js';
import { commandOf, type History, type Past, refersBack, type Step } from './steps.js';

export interface Played {
  readonly command: Command;
  readonly outcome: Outcome;
  /** The server's time when it was sent. */
  readonly at: number;
}

/**
 * `batchOf(i)` says how many commands the i-th batch may hold. A batch ends earlier where the time moves, or a step
 * needs to know what came of those before it.
 */
export async function play(
  test: TestLedger,
  pool: PoolId,
  { start, zone, steps }: History,
  batchOf: (i: number) => number = () => 1,
): Promise<Played[]> {
  test.clock.goTo(start);
  await test.ledger.addPool(pool, zone);
  const played: Played[] = [];
  let pending: { step: Step; command: Command }[] = [];
  let batches = 0;
  const flush = async () => {
    if (pending.length === 0) return;
    const commands = pending.map(({ command }) => command);
    const outcomes = await test.ledger.submit(pool, { commands });
    for (const [i, outcome] of outcomes.entries()) {
      played.push({ command: commands[i] as Command, outcome, at: test.clock.now() });
    }
    pending = [];
    batches += 1;
  };
  for (const step of steps) {
    if (step.step === 'tick') {
      await flush();
      test.clock.advance(step.ms);
      continue;
    }
    if (step.step === 'resend' || (refersBack(step) && pending.some((before) => !refersBack(before.step))))
      await flush();
    const command = commandOf(step, pastOf(played, test.clock.now()));
    if (command === null) continue;
    pending.push({ step, command });
    if (pending.length >= batchOf(batches)) await flush();
  }
  await flush();
  return played;
}

function pastOf(played: readonly Played[], now: number): Past {
  const recorded = (type: Command['type']) =>
    played.flatMap(({ command, outcome }) =>
      command.type === type && outcome.status === 'recorded' ? [outcome.receipt.id] : [],
    );
  const keyed = played.map(({ command }) => command).filter(({ key }) => key !== undefined);
  return { now, uses: recorded('usage.recorded'), readings: recorded('quota.read'), keyed };
}

/** What is the same of an outcome in every pool it is played into. */
export function comparable(outcome: Outcome): unknown {
  if (outcome.status === 'rejected') return { ...outcome, detail: outcome.code };
  const { receipt, advice, status } = outcome;
  return { status, seq: receipt?.seq, advice };
}
