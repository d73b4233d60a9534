// A collector that stopped made an agent look idle for days, while it ran. Here a source that reported regularly and does not any more
// is noticed while its agent is heard of by others; an agent that does not run is not called silent by it.
import t from 'tap';
import { usage } from '../support/command.js';
import { hours } from '../support/fold.js';
import { type WatchedLedger, watchedLedger } from '../support/watched.js';

/** An hour in which these report. */
async function hour(test: WatchedLedger, sources: readonly string[]): Promise<readonly string[]> {
  for (const source of sources) await test.record(usage('Ada', { cost_micro_usd: 1_000 }, { source }));
  test.clock.advance(hours(1));
  return (await test.look()).raised.filter((alert) => alert.startsWith('source-silent'));
}

t.test('a source that stops while its agent runs is noticed after three hours, once, until it is back', async (t) => {
  const test = await watchedLedger(t);
  const both = ['claude-transcript/1', 'coop/1'];
  for (let i = 0; i < 8; i += 1) t.strictSame(await hour(test, both), []);
  const raised = [];
  for (let i = 0; i < 6; i += 1) raised.push(await hour(test, ['coop/1']));
  t.strictSame(raised, [[], [], ['source-silent: Ada: claude-transcript'], [], [], []]);
  t.match(
    test.open()['source-silent: Ada: claude-transcript'],
    /^claude-transcript has not reported for Ada since 3 h ago, while/,
  );
  await test.record(usage('Ada', {}, { source: 'claude-transcript/2' }));
  t.ok((await test.look()).cleared.includes('source-silent: Ada: claude-transcript'));
});

t.test('nor is anybody silent whose agent does not run, or that reported now and then', async (t) => {
  const idle = await watchedLedger(t);
  for (let i = 0; i < 8; i += 1) await hour(idle, ['claude-transcript/1', 'coop/1']);
  for (let i = 0; i < 24; i += 1) t.strictSame(await hour(idle, []), [], 'nothing runs');
  const seldom = await watchedLedger(t);
  for (let i = 0; i < 24; i += 1)
    t.strictSame(await hour(seldom, i % 3 === 0 && i < 18 ? ['otlp/1', 'coop/1'] : ['coop/1']), []);
  const byHand = await watchedLedger(t);
  for (let i = 0; i < 16; i += 1) t.strictSame(await hour(byHand, i < 8 ? ['cli/1', 'coop/1'] : ['coop/1']), []);
});
