/** Ordinary life of three who share a quota: an agent by day, a person who works with one, and an agent that works at night. */
import type { Command } from '../../src/events/command.js';
import { usage } from './command.js';
import { days, hours, minutes } from './fold.js';
import { pool, type TestLedger } from './ledger.js';
import { randomSource } from './random.js';

export interface Use {
  readonly at: number;
  readonly command: Command;
}

/** Everything that is used on a day that begins then, in the order of time. */
export function usesOfDay(start: number, seed: number): Use[] {
  const random = randomSource(seed);
  /** Half as large or twice as large are as likely as in between. */
  const about = (size: number, spread = 0.7) => size * Math.exp(spread * normal(random));
  const isWeekend = [0, 6].includes(new Date(start).getUTCDay());
  const uses: Use[] = [];
  const run = (name: string, session: string, from: number, responses: number, cost: number, more: object = {}) => {
    let at = from;
    for (let i = 0; i < responses; i += 1) {
      at += Math.max(2_000, about(15_000));
      const use = { cost_micro_usd: Math.round(about(cost) * 1e6), session, ...more };
      uses.push({ at, command: usage(name, use, { occurred_at: Math.round(at) }) });
    }
  };
  if (!isWeekend) {
    for (let at = start + hours(9); at < start + hours(18); at += about(minutes(25), 0.3))
      run('Ada', `ada-${start}`, at, Math.ceil(about(6, 0.5)), 0.05);
    for (let at = start + hours(10); at < start + hours(17); at += about(minutes(45), 0.6))
      run('Ben', `ben-${start}-${at}`, at, Math.ceil(about(15)), 0.08, { mode: 'collaboration' });
  }
  for (let at = start + hours(2); at < start + hours(4); at += minutes(30))
    run('Cleo', `cleo-${start}`, at, Math.ceil(about(10, 0.4)), 0.1);
  return uses.sort((a, b) => a.at - b.at);
}

/** The sum of twelve is normal enough. */
const normal = (random: () => number): number => {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += random();
  return sum;
};

/** So many days of it, which end where the clock stands then. */
export async function liveThrough({ ledger, clock }: TestLedger, count: number, seed: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    const uses = usesOfDay(clock.now(), seed + day);
    clock.advance(days(1));
    for (let i = 0; i < uses.length; i += 500) {
      const commands = uses.slice(i, i + 500).map(({ command }) => command);
      const outcomes = await ledger.submit(pool, { commands, advise: false });
      const refused = outcomes.find(({ status }) => status === 'rejected');
      if (refused !== undefined) throw new Error(JSON.stringify(refused));
    }
  }
}
