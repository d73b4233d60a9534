/**
 * A client as `run` runs it, of which a test says what it does: node test/support/made-client.js STEP…, in this order.
 *
 *   say=TEXT      writes a line to stdout
 *   go            waits for a line on stdin
 *   work=SECONDS  takes so long, as by the clock on the wall
 *   result=USD    writes what `--output-format json` writes at the end
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

process.stdout.on('error', () => process.exit(9));

for (const step of process.argv.slice(2)) {
  const [what, value = ''] = step.split('=');
  if (what === 'say') process.stdout.write(`${value}\n`);
  if (what === 'go') await once(process.stdin, 'data');
  if (what === 'work') await wait(Number(value) * 1_000);
  if (what === 'result') process.stdout.write(`${JSON.stringify(resultOf(Number(value)))}\n`);
}
process.stdin.destroy();

function resultOf(usd: number): object {
  const modelUsage = {
    'claude-opus-5': { inputTokens: 10, cacheReadInputTokens: 500, outputTokens: 20, costUSD: usd },
  };
  return { type: 'result', subtype: 'success', session_id: 'made', total_cost_usd: usd, num_turns: 1, modelUsage };
}
