// Goal: anybody can see what a model costs and where that is known from, and what was read from elsewhere has its cost or says why not.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { startDaemon } from '../../src/daemon/start.js';
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

test('a price that is set counts for what is recorded from then on', async (t) => {
  const folder = temporaryFolder(t);
  const prices = join(folder, 'prices.json');
  const env = { RESOURCE_SHARE_PRICES_FILE: prices };
  const on = (...args: readonly string[]) => run([...args, '--data', join(folder, 'data')], { env });
  const record = () => on('usage', 'record', 'Ada', '--model', 'claude-x-9', '--tokens', 'input=1000');
  const set = (...args: readonly string[]) => run(['prices', 'set', 'claude-x-9', '--output', '10', ...args], { env });

  t.match(await run(['prices', 'set', 'claude-x-9', '--input', '2', '--output', '10']), {
    code: 64,
    stderr: 'Say which file it is',
  });
  t.match(await record(), { code: 64, stderr: `prices.file: there is no file or folder ${prices}` });
  writeFileSync(prices, '{"prices": []}');
  t.match(await record(), { code: 0 });
  t.match(await on('fair', 'status'), {
    stdout: /claude-x-9 has no price; its use counts at the dearest price of its/,
  });
  t.match(await on('prices', 'check'), {
    code: 1,
    stdout: /model +uses +tokens +unpriced tokens\nclaude-x-9 +1 +1,000 +1,000\n/,
  });

  t.match(await set('--input', '2'), {
    code: 0,
    stdout: /has the price of claude-x-9\..*\n.*when it is started again\.\n$/,
  });
  t.match(await record(), { code: 0 });
  t.match(await on('prices', 'check'), { code: 0, stdout: 'Every model has a price.' });
  const { stdout } = await on('usage', 'list', '--json');
  t.match(JSON.parse(stdout), [
    { cost_micro_usd: 2_000, cost_source: 'computed' },
    { cost_micro_usd: null, cost_source: 'unpriced' },
  ]);

  const next = await set('--input', '3', '--cache-read', '0.2', '--from', '2026-12-01');
  t.match(next, { code: 0, stdout: 'The price before it ends on 2026-11-30.' });
  await set('--input', '4', '--from', '2026-12-01');
  t.same(JSON.parse(readFileSync(prices, 'utf8')), {
    prices: [
      { model: 'claude-x-9', to: '2026-11-30', input: 2, output: 10 },
      { model: 'claude-x-9', from: '2026-12-01', input: 4, output: 10 },
    ],
  });
  const before = readFileSync(prices, 'utf8');
  t.match(await set('--input', '4', '--from', '2026-13-01'), { code: 1, stderr: /from: is no date/ });
  t.match(await set('--input', '4', '--from', '2026-12-24', '--to', '2026-12-01'), { code: 1 });
  t.match(await set('--input', '2000000'), { code: 1, stderr: 'input: is above a million dollars' });
  t.equal(readFileSync(prices, 'utf8'), before, 'what is refused changes nothing');
});

test('a daemon does not start with a faulty file of prices, and says all that is wrong with it', async (t) => {
  const folder = temporaryFolder(t);
  const prices = join(folder, 'prices.json');
  writeFileSync(prices, JSON.stringify({ prices: [{ model: 'a', input: -1, output: 1 }, { model: 'b' }] }));
  const starting = startDaemon({
    database: join(folder, 'data'),
    host: '127.0.0.1',
    port: 0,
    unknownAgents: 'auto',
    logLevel: 'silent',
    priceFile: prices,
  });
  t.teardown(() => starting.then((daemon) => daemon.stop('the test ends')).catch(() => undefined));
  await t.rejects(starting, {
    code: 'setting_invalid',
    message: /prices\.file: .*is no valid file of prices:\n {2}prices\[0\]\.input: is negative\n {2}prices\[1\]\.input/,
  });
});
