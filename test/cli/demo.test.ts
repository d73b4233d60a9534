// Goal: a demo can be made at any time of any day. A week that ends on a Wednesday once failed: nobody worked where it was to.
import t from 'tap';
import { makeWeek } from '../../src/cli/demo/week.js';
import type { CommandText } from '../../src/cli/ledger-client.js';
import { hours, noon } from '../support/fold.js';

/** The commands of a made week, each answered with the same interval. */
function weekUntil(end: number): CommandText[] {
  const commands: CommandText[] = [];
  const week = makeWeek(end, 1);
  for (let next = week.next(); next.done !== true; ) {
    commands.push(next.value.command);
    next = week.next({ id: `event ${commands.length}`, interval: 900 });
  }
  return commands;
}

t.test('whenever a made week ends, who is merged in it has worked before', async (t) => {
  const idle: number[] = [];
  for (let hour = 0; hour < 7 * 24; hour += 1) {
    const commands = weekUntil(noon + hours(hour));
    const merged = commands.findIndex(({ type }) => type === 'identity.merged');
    const { from } = (commands[merged]?.payload ?? {}) as { from?: string };
    const reports = commands.slice(0, merged).filter(({ type, payload }) => {
      return type === 'usage.recorded' && (payload as { name: string }).name === from;
    });
    if (reports.length === 0) idle.push(hour);
  }
  t.strictSame(idle, [], 'hours of a week at which it would have had nothing to do');
});
