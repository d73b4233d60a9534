/** The command line as a whole: one file per verb, loaded only when its name is given, so that every start is quick. */
import { Command } from 'commander';
import { packageVersion } from '../package-root.js';
import { redacted } from '../settings/database.js';
import { visibleLines } from '../text/visible.js';
import { addGlobalOptions } from './options.js';

interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ define(command: Command): void }>;
}

export const verbs: readonly Verb[] = [
  { name: 'serve', summary: 'run the daemon', load: () => import('./verbs/serve.js') },
  {
    name: 'connect',
    summary: 'connect Claude Code, Codex, Gemini CLI or OpenTelemetry: the way in',
    load: () => import('./verbs/connect.js'),
  },
  {
    name: 'report',
    summary: 'report what an agent used, and learn when it should run again',
    load: () => import('./verbs/report.js'),
  },
  {
    name: 'run',
    summary: 'run a command in turns of an agent, at its intervals',
    load: () => import('./verbs/run.js'),
  },
  { name: 'wait', summary: 'wait until an agent may run', load: () => import('./verbs/wait.js') },
  { name: 'turns', summary: 'ask for turns, and end them', load: () => import('./verbs/turns.js') },
  {
    name: 'statusline',
    summary: 'one line of an agent, for the client that runs it',
    load: () => import('./verbs/statusline.js'),
  },
  { name: 'mcp', summary: 'tools for a model, over the Model Context Protocol', load: () => import('./verbs/mcp.js') },
  { name: 'usage', summary: 'record use, list it, sum it up', load: () => import('./verbs/usage.js') },
  { name: 'quota', summary: 'record readings of quota windows, and list them', load: () => import('./verbs/quota.js') },
  {
    name: 'fair',
    summary: 'shares and intervals, why they are so, and how fair it was',
    load: () => import('./verbs/fair.js'),
  },
  {
    name: 'simulate',
    summary: 'what another policy would have said, and how policies do in made weeks',
    load: () => import('./verbs/simulate.js'),
  },
  {
    name: 'alerts',
    summary: 'what somebody should look at, and saying that it was seen',
    load: () => import('./verbs/alerts.js'),
  },
  {
    name: 'watchdog',
    summary: 'look now what somebody should look at, as the daemon does each minute',
    load: () => import('./verbs/watchdog.js'),
  },
  { name: 'policy', summary: 'the rules of sharing, and changes of them', load: () => import('./verbs/policy.js') },
  { name: 'identities', summary: 'who takes part', load: () => import('./verbs/identities.js') },
  {
    name: 'sources',
    summary: "what other programs' data says of use and quota",
    load: () => import('./verbs/sources.js'),
  },
  {
    name: 'collect',
    summary: "read what is new of other programs' data, and record it",
    load: () => import('./verbs/collect.js'),
  },
  { name: 'prices', summary: 'what models cost, and since when', load: () => import('./verbs/prices.js') },
  { name: 'keys', summary: 'API keys, for other machines and accounts', load: () => import('./verbs/keys.js') },
  {
    name: 'webhooks',
    summary: 'who is told of events, what became of that, and secrets of what is signed by others',
    load: () => import('./verbs/webhooks.js'),
  },
  {
    name: 'ledger-key',
    summary: 'the key that signs checkpoints, shown and exchanged',
    load: () => import('./verbs/ledger-key.js'),
  },
  {
    name: 'jobs',
    summary: 'background work: what waits, what failed, and when',
    load: () => import('./verbs/jobs.js'),
  },
  {
    name: 'worker',
    summary: 'do jobs beside the daemons',
    load: () => import('./verbs/worker.js'),
  },
  { name: 'pools', summary: 'the pools of the ledger', load: () => import('./verbs/pools.js') },
  { name: 'aggregate', summary: 'close a day', load: () => import('./verbs/aggregate.js') },
  {
    name: 'audit',
    summary: 'query the log: what happened, why, and what was known when',
    load: () => import('./verbs/audit.js'),
  },
  {
    name: 'sql',
    summary: 'ask the tables by SQL, read only, and learn what they mean',
    load: () => import('./verbs/sql.js'),
  },
  {
    name: 'verify',
    summary: 'walk the hash chain and say where it is broken',
    load: () => import('./verbs/verify.js'),
  },
  {
    name: 'verify-proof',
    summary: 'verify, without a ledger, that an event was recorded',
    load: () => import('./verbs/verify-proof.js'),
  },
  {
    name: 'witness',
    summary: "sign other machines' checkpoints, where they continue those before",
    load: () => import('./verbs/witness.js'),
  },
  {
    name: 'status',
    summary: 'whether the daemon works: healthy, degraded or down',
    load: () => import('./verbs/status.js'),
  },
  {
    name: 'top',
    summary: 'how the daemon does, on one screen, each second',
    load: () => import('./verbs/top.js'),
  },
  {
    name: 'doctor',
    summary: 'look whether all is right, and say what to do where it is not',
    load: () => import('./verbs/doctor.js'),
  },
  {
    name: 'service',
    summary: 'the daemon as a service of systemd or launchd: enabled, looked after, removed',
    load: () => import('./verbs/service.js'),
  },
  {
    name: 'replay',
    summary: 'rebuild the tables from the log, or compare them with it',
    load: () => import('./verbs/replay.js'),
  },
  {
    name: 'migrate',
    summary: 'bring the schema of the database up to this release',
    load: () => import('./verbs/migrate.js'),
  },
  { name: 'export', summary: 'write the events as NDJSON', load: () => import('./verbs/export.js') },
  { name: 'import', summary: 'take in exported events, verified', load: () => import('./verbs/import.js') },
  {
    name: 'backup',
    summary: 'make backups, prove them, and put one back',
    load: () => import('./verbs/backup.js'),
  },
  {
    name: 'archive',
    summary: 'put old events away in compressed segments',
    load: () => import('./verbs/archive.js'),
  },
  {
    name: 'cleanup',
    summary: 'sweep what is left of holders that are gone',
    load: () => import('./verbs/cleanup.js'),
  },
  {
    name: 'maintenance',
    summary: 'a time in which agents and jobs wait, begun, ended and shown',
    load: () => import('./verbs/maintenance.js'),
  },
  {
    name: 'clock',
    summary: 'whether the clock is believed, and saying that it is right',
    load: () => import('./verbs/clock.js'),
  },
  {
    name: 'config',
    summary: 'what is set, where it was set, and whether it is valid',
    load: () => import('./verbs/config.js'),
  },
  {
    name: 'completion',
    summary: 'the script by which a shell completes what is typed',
    load: () => import('./verbs/completion.js'),
  },
  { name: 'demo', summary: 'a made week in a data directory of its own', load: () => import('./verbs/demo.js') },
];

/**
 * The program, with every verb that is named among the arguments in full, and the others by name and summary. A completion script is
 * about all of them.
 */
export async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('resource-share')
    .description('A ledger and fair-share controller for agents that share one quota.')
    .version(packageVersion, '-v, --version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => process.stdout.write(visibleLines(text)),
      writeErr: (text) => process.stderr.write(visibleLines(redacted(text))),
    })
    .exitOverride();
  addGlobalOptions(program);
  const isWhole = args.includes('completion');
  for (const { name, summary, load } of verbs) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
    if (isWhole || args.includes(name)) (await load()).define(command);
  }
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 the answer is no, 2 could not run, 64 wrong usage, 69 the database is away, 75 a report waits in the spool, 78 it is of a newer release, or of another program.',
  );
  return program;
}
