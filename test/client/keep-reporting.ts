/** A process that reports until it is killed, and prints the key of each report as soon as it was promised to be kept. */
import { UsageReporter } from '../../src/client/index.js';

const [url, spool, pool, name] = process.argv.slice(2) as [string, string, string, string];
const reporter = new UsageReporter({ url, spool, pool, timeoutMs: 2_000, backoff: { baseMs: 5, maxMs: 50 } });
for (;;) {
  const { status, key } = await reporter.report({ name, mode: 'autonomy', cost_micro_usd: 1 });
  if (status === 'rejected') throw new Error(`${key} was rejected`);
  process.stdout.write(`${key}\n`);
}
