// Who reported tokens of a model without a price was taken to have used nothing: it was owed more than all others, and nobody was told.
import t from 'tap';
import { testServer } from '../api/support.js';
import { variants } from '../support/engines.js';
import { minutes, noon } from '../support/fold.js';

interface Row {
  readonly claude_name: string;
  readonly used_micro_usd: number;
  readonly recommended_interval: number;
}

for (const engine of variants) {
  t.test(`on ${engine.name} a use without a price counts at the dearest price of its family`, async (t) => {
    const server = await testServer(t, { engine });
    const use = { mode: 'autonomy', model: 'claude-x-9' };
    for (let i = 1; i <= 20; i++) {
      server.clock.goTo(noon + minutes(10 * i));
      // A million tokens each: $75 at the price of Claude 3 Opus, the dearest of its maker.
      await server.send('usage.recorded', { name: 'Unpriced', ...use, tokens: { output: 1_000_000 } });
      await server.send('usage.recorded', { name: 'Priced', mode: 'autonomy', cost_micro_usd: 1_000_000 });
    }
    const { rows } = (await server.get('/v1/allocations')).json<{ rows: Row[] }>();
    const [priced, unpriced] = [...rows].sort((a, b) => (a.claude_name < b.claude_name ? -1 : 1)) as [Row, Row];
    t.equal(unpriced.used_micro_usd, 20 * 75_000_000);
    t.ok(
      unpriced.recommended_interval > 2 * priced.recommended_interval,
      `it waits ${unpriced.recommended_interval} s, the other ${priced.recommended_interval} s`,
    );
    const told = (await server.events()).filter(({ type }) => type === 'alert.raised');
    const text = 'claude-x-9 has no price; its use counts at the dearest price of its maker, claude-3-opus-latest.';
    t.match(told, [{ payload: { rule: 'model-unpriced', subject: 'claude-x-9', text } }], 'people are told, once');
    t.match((await server.get('/dashboard')).body, text);
    t.match(await server.replay({ check: true }), { identical: true });
  });
}
