/**
 * Goal: where the runs of an agent begin, and what it had been told before, is read from its own events as the controller has it,
 * whatever happened: bursts, turns, late reports, work with a person, one who leaves and comes back.
 */
import t from 'tap';
import { turnAsked, turnSettlement } from '../../src/events/catalogue/turn.js';
import type { LedgerEvent } from '../../src/events/envelope.js';
import type { TurnId } from '../../src/events/scalars.js';
import { runsIn } from '../../src/status/agent-runs.js';
import { command, inside, reading, usage } from '../support/command.js';
import { equal } from '../support/equal.js';
import { Fold, hours, minutes } from '../support/fold.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_261_201);
const lives = Number(process.env.RUNS ?? 100);
const steps = 120;

t.comment(`seed ${seed}`);

interface Begun {
  readonly start: number;
  readonly told: number | null;
}

/** A life of two agents, and where the runs of the first began for the controller. */
function live(random: () => number): { readonly events: readonly LedgerEvent[]; readonly begun: readonly Begun[] } {
  const whole = (bound: number) => Math.floor(random() * bound);
  const fold = new Fold();
  const begun: Begun[] = [];
  const member = () => fold.state.fair.members.get('ada');
  let open: { turn: TurnId; token: number } | null = null;
  const doing = (act: () => void) => {
    const [before, told] = [member()?.run?.start ?? null, member()?.issued ?? null];
    const turn = member()?.run?.turn ?? null;
    act();
    const run = member()?.run ?? null;
    // Before the first one there is none that it waited since.
    if (before !== null && run !== null && (run.start !== before || run.turn !== turn))
      begun.push({ start: run.start, told });
  };
  fold.take(command('policy.set', { method_version: 2 }));
  for (let step = 0; step < steps; step += 1) {
    fold.at += random() < 0.7 ? 1 + whole(minutes(4)) : 1 + whole(hours(2));
    const name = random() < 0.8 ? 'Ada' : 'Bo';
    const roll = random();
    const cost = { cost_micro_usd: whole(400_000) };
    doing(() => {
      if (roll < 0.5)
        fold.take(usage(name, { ...cost, ...(open === null || random() < 0.3 ? {} : { turn: open.turn }) }));
      else if (roll < 0.6) fold.take(usage(name, { ...cost, mode: 'collaboration' }));
      else if (roll < 0.65) fold.take(usage(name, cost, { occurred_at: fold.at - minutes(16) - whole(hours(9)) }));
      else if (roll < 0.7) fold.take(reading('session_5hour', whole(10_000), { resets_at: fold.at + hours(3) }));
      else if (roll < 0.75 && member() !== undefined) fold.take(command('agent.advised', { name: 'Ada' }));
      else if (roll < 0.85 && open === null) {
        const asked = fold.decide(inside('turn.granted', turnAsked.parse({ name: 'Ada' })));
        if (!asked.accepted) return;
        const granted = fold
          .take(inside('turn.granted', turnAsked.parse({ name: 'Ada' })))
          .find(({ type }) => type === 'turn.granted');
        if (granted?.type === 'turn.granted') open = granted.payload;
      } else if (roll < 0.93 && open !== null && fold.state.turns.has(open.turn)) {
        const { turn, token } = open;
        open = null;
        const settle = inside(
          'turn.settled',
          turnSettlement.parse({ turn, token, usage: { mode: 'autonomy', ...cost } }),
        );
        if (fold.decide(settle).accepted) fold.take(settle);
      } else if (roll < 0.96) open = null;
      else if (roll < 0.98 && member()?.retired === false) fold.take(command('identity.retired', { name: 'Ada' }));
      else if (member()?.retired === true) fold.take(command('identity.reinstated', { name: 'Ada' }));
    });
  }
  const events = fold.events.filter(({ payload }) => (payload as { name?: string }).name === 'Ada');
  return { events, begun };
}

t.test('runs of an agent begin where the controller says', async (t) => {
  const random = randomSource(seed);
  let compared = 0;
  for (let life = 0; life < lives; life += 1) {
    const { events, begun } = live(random);
    const found = runsIn(events).map(({ start, toldS }) => ({ start, told: toldS }));
    equal(found, begun, `life ${life}`);
    compared += found.length;
  }
  t.ok(compared > lives * 5, `${compared} runs were compared`);
});
