// The zone of "Resets 10:59pm (Europe/London)" was dropped, and a time that was over was not taken for tomorrow's.
import t from 'tap';
import { readByProgram } from './read-by-program.js';

const screen = (reset: string) => `Current session\n███                 17% used\nResets ${reset}\n`;

const resetOf = async (scope: Parameters<typeof readByProgram>[0], reset: string, now: string) => {
  const { readings } = await readByProgram(scope, 'claude-usage-screen', 'screen.txt', screen(reset), '--now', now);
  return readings[0]?.windows[0]?.resets_at;
};

t.test('a time of day is in the zone that is named', async (t) => {
  t.equal(await resetOf(t, '10:59pm (Europe/London)', '2026-07-05T20:00:00Z'), '2026-07-05T21:59:00.000Z');
  t.equal(await resetOf(t, '10:59pm (Asia/Kolkata)', '2026-07-05T16:00:00Z'), '2026-07-05T17:29:00.000Z');
});

t.test('one that is over is that of tomorrow', async (t) => {
  t.equal(await resetOf(t, '12:59am (Europe/London)', '2026-07-05T20:30:00Z'), '2026-07-05T23:59:00.000Z');
  t.equal(await resetOf(t, '1am (America/New_York)', '2026-12-05T05:30:00Z'), '2026-12-05T06:00:00.000Z');
  t.equal(await resetOf(t, '1am (America/New_York)', '2026-12-05T06:30:00Z'), '2026-12-06T06:00:00.000Z');
});
