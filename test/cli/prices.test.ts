// Goal: anybody can see what a model costs and where that is known from, and what was read from elsewhere has its cost or says why not.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { run } from './run.js';

const json = async (...args: readonly string[]) => JSON.parse((await run([...args, '--json'])).stdout);

test('prices are listed and shown as they are, and as they were', async (t) => {
  t.match(
    (await run(['prices', 'list', 'opus-5'])).stdout,
    /claude-opus-5 +\$5\.00 +\$25\.00 +\$0\.50 +\$6\.25 +\$10\.00 +overlay\n/,
  );
  t.match((await run(['prices', 'list', 'no such model'])).stdout, 'No model of that name has a price.');
  t.match(await json('prices', 'list', 'haiku-5-5', '--at', '2026-10-07'), [
    { model: 'claude-haiku-5-5', from: '2026-10-07T00:00:00.000Z', long_prompt: { above: 100_000, times: 5 } },
  ]);
  t.same(await json('prices', 'list', 'haiku-5-5', '--at', '2026-10-06'), []);
  const shown = await run(['prices', 'show', 'us.anthropic.claude-opus-5-5-20260901-v1:0']);
  t.match(shown, {
    code: 0,
    stdout: /claude-opus-5-5 +\$4\.00[\s\S]*Served fast: times 2\.\nSearches of the web: \$10\.00 a thousand\./,
  });
  t.match(
    (await run(['prices', 'show', 'claude-opus-4-6'])).stdout,
    'What it costs where it is served fast is not known.',
  );
  t.match(
    (await run(['prices', 'show', 'claude-sonnet-4-5'])).stdout,
    /above 200,000 tokens: input \$6\.00, output \$22\.50\./,
  );
  t.match(await json('prices', 'show', 'claude-opus-4-1', '--at', '2025-09-01'), {
    origin: 'table',
    usd_per_million: { input: 15 },
  });
  t.match(await run(['prices', 'show', 'claude-opus-9']), {
    code: 1,
    stderr: /"claude-opus-9" has no price\. .*the dearest that is known of its family\./,
  });
  t.match(await run(['prices', 'show', 'claude-sonnet-5-5', '--at', '2026-10-06']), {
    code: 1,
    stderr: 'has no price at that time',
  });
});

test('a file of prices is checked, and its prices go before all others', async (t) => {
  const folder = temporaryFolder(t);
  const [good, bad] = [join(folder, 'good.json'), join(folder, 'bad.json')];
  writeFileSync(good, JSON.stringify({ prices: [{ model: 'claude-opus-5', input: 1, output: 2 }] }));
  writeFileSync(
    bad,
    JSON.stringify({
      prices: [
        { model: 'a', input: -1, output: 1 },
        { model: 'a', output: 1 },
      ],
    }),
  );
  t.match(await run(['prices', 'check', good]), { code: 0, stdout: /is valid\. Prices: 1, models: 1\.\n$/ });
  t.match(await run(['prices', 'check', bad]), {
    code: 1,
    stderr: /is no valid file of prices:\n {2}prices\[0\]\.input: is negative\n {2}prices\[1\]\.input: /,
  });
  t.match(await run(['prices', 'check', join(folder, 'none.json')]), { code: 2 });
  t.match(await json('prices', 'show', 'claude-opus-5', '--prices', good), {
    origin: 'own',
    usd_per_million: { input: 1, output: 2 },
  });
  t.match(await run(['prices', 'list', '--prices', bad]), { code: 1 });
});

test('what is read has its cost, with the rates, or says why not', async (t) => {
  const folder = temporaryFolder(t);
  const [file, prices] = [join(folder, 'answer.json'), join(folder, 'prices.json')];
  const read = async (model: string, ...more: readonly string[]) => {
    const usage = { input_tokens: 1_000, output_tokens: 10 };
    writeFileSync(file, JSON.stringify({ type: 'message', id: 'msg_1', model, usage }));
    const { uses } = await json(
      'sources',
      'read',
      'anthropic-response',
      file,
      '--now',
      '2026-11-28T00:00:00Z',
      ...more,
    );
    return uses[0];
  };
  t.match(await read('claude-opus-5'), {
    cost_usd: 0.00525,
    cost_source: 'computed',
    rates: [{ what: 'input', tokens: 1_000, usd_per_million: 5 }, { what: 'output' }],
  });
  t.match(await read('claude-opus-9'), { cost_usd: null, cost_source: 'unpriced', unpriced: 'unknown-model' });
  t.match(
    (await run(['sources', 'read', 'anthropic-response', file])).stdout,
    /cost +unpriced\nclaude-opus-9 .* \$0\.00 +1\n/,
  );
  writeFileSync(prices, JSON.stringify({ prices: [{ model: 'claude-opus-9', input: 7, output: 0 }] }));
  t.match(await read('claude-opus-9', '--prices', prices), { cost_usd: 0.007, cost_source: 'computed' });
});
