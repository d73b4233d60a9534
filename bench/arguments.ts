/** What the command line asks for. */
import { parseArgs } from 'node:util';

export interface Asked {
  readonly help: boolean;
  readonly quick: boolean;
  /** Events of the largest log. */
  readonly events: number;
  /** Where the long logs are kept; null: for this run only. */
  readonly log: string | null;
  /** Names of benchmarks; those of a full or quick run where none are given. */
  readonly names: readonly string[];
}

const eventsMin = 1_000;

/** Throws an `Error` that says what is wrong with them. */
export function parseArguments(args: readonly string[], known: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      events: { type: 'string' },
      log: { type: 'string' },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}; there are ${known.join(', ')}`);
  const events = Number(values.events?.replaceAll(/[_,]/g, '') ?? (values.quick ? 20_000 : 10_000_000));
  if (!Number.isInteger(events) || events < eventsMin) {
    throw new Error(`--events ${values.events} is no number of events, from ${eventsMin} up`);
  }
  return { help: values.help, quick: values.quick, events, log: values.log ?? null, names: positionals };
}

export function helpText(benchmarks: readonly { readonly name: string; readonly title: string }[]): string {
  const width = Math.max(...benchmarks.map(({ name }) => name.length));
  return `Usage: npm run bench -- [options] [benchmark …]

Measures, compares the figures with their targets, and writes docs/benchmarks.md when all of it was run.

Benchmarks:
${benchmarks.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n')}

Options:
  --quick       a reduced set, in under three minutes: one run, short loads, fewer cases, a log of 20,000 events.
                Leaves out postgres and advice unless they are named, does not install what it compares with, and
                writes nothing
  --events N    events of the largest log (10,000,000); the others are a tenth and a hundredth of it
  --log DIR     keep the long logs there, and use those that are there: filling 10,000,000 events takes minutes
  -h, --help    this text

Examples:
  npm run bench
  npm run bench -- --quick
  npm run bench -- --log ~/long-logs replay reads
  npm run bench -- --events 1000000 --log ~/long-logs
`;
}
