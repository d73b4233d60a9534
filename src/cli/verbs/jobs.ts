/** `jobs`: background work: what waits, runs and failed, and when it is added. */
import { type Command, Option } from 'commander';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { visible } from '../../text/visible.js';
import { negativeResult, usageError } from '../exit.js';
import type { JobAnswer, LedgerClient, MaintenanceAnswer } from '../ledger-client.js';
import { addExamples, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';
import { printTable } from '../table.js';
import { type DateText, parseDate } from '../times.js';

interface ListOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly limit?: number;
  readonly json?: true;
}

interface AddOptions {
  readonly payload?: object;
  readonly date?: DateText;
  readonly at?: string;
  readonly dedupe?: string;
  readonly priority?: string;
  readonly json?: true;
}

interface ScheduleRow {
  readonly schedule: string;
  readonly when: string;
  readonly time_zone: string;
  readonly catch_up: string;
  readonly paused: boolean;
  readonly last: string | null;
  readonly last_state: string | null;
  readonly next: string | null;
}

const states = ['pending', 'running', 'succeeded', 'failed', 'dead', 'cancelled'];

export function define(command: Command): void {
  defineReading(command);
  defineAdding(command);
  for (const [name, description, done] of [
    ['cancel', 'Cancel a job; one that runs is ended by whoever runs it, and stays cancelled.', 'is cancelled'],
    ['retry', 'Have a job run again at once, with all its attempts before it.', 'waits for its turn'],
    ['discard', 'Remove a job that does not run.', 'is gone'],
  ] as const) {
    const verb = command.command(`${name} <id>`).description(description).addOption(jsonOption());
    verb.action(async (id: string, { json }: { json?: true }) => {
      const answer = await ask<{ id: string; state: string }>(verb, `v1/jobs/${encodeURIComponent(id)}/${name}`, {});
      if (json === true) return printJson(answer);
      printLine(answer.state === 'running' ? `${id} is being ended.` : `${id} ${done}.`);
    });
    addExamples(verb, `jobs ${name} 01KE70EHG0MQ0NW2WMXZ66Z499`);
  }
  for (const [name, description, done] of [
    ['pause', 'Have jobs of a kind wait, or all jobs; those that run go on.', 'wait'],
    ['resume', 'Have them go on.', 'are done again'],
  ] as const) {
    const verb = command.command(`${name} [kind]`).description(description).addOption(jsonOption());
    verb.action(async (kind: string | undefined, { json }: { json?: true }) => {
      const answer = await ask(verb, 'v1/jobs/pause', { kind: kind ?? '*', paused: name === 'pause' });
      if (json === true) return printJson(answer);
      printLine(`${kind === undefined ? 'All jobs' : `Jobs of the kind ${visible(kind)}`} ${done}.`);
    });
    addExamples(verb, `jobs ${name}`, `jobs ${name} daily-aggregate`);
  }
  addExamples(command, 'jobs list', 'jobs schedules', 'jobs run daily-aggregate --date yesterday');
}

function defineReading(command: Command): void {
  const list = command
    .command('list')
    .description('List jobs, the newest first.')
    .addOption(new Option('--state <state>', 'only those').choices(states))
    .option('--kind <kind>', 'only those')
    .option('--limit <n>', `so many at most (default: ${limits.pageRowsDefault})`, wholeNumber(1, limits.pageRowsMax))
    .addOption(jsonOption());
  list.action(async ({ json, ...filter }: ListOptions) => {
    const given = Object.entries(filter).map(([key, value]): [string, string] => [key, String(value)]);
    const { jobs } = await ask<{ jobs: readonly JobAnswer[] }>(list, `v1/jobs?${new URLSearchParams(given)}`);
    if (json === true) return printJson(jobs);
    printTable(
      [
        { head: 'job', value: (row) => row.id },
        { head: 'kind', value: (row) => row.kind },
        { head: 'state', value: (row) => stateOf(row) },
        { head: 'attempts', value: (row) => `${row.attempts}/${row.attempts_max}`, right: true },
        { head: 'due', value: (row) => second(row.run_at) },
        { head: 'ended', value: (row) => second(row.finished_at) },
        { head: 'error', value: (row) => row.error, wrap: true },
      ],
      jobs,
      'There is no job.',
    );
  });
  addExamples(list, 'jobs list', 'jobs list --state dead', 'jobs list --kind daily-aggregate --json');

  const show = command.command('show <id>').description('Show one job.').addOption(jsonOption());
  show.action(async (id: string, { json }: { json?: true }) => {
    const job = await ask<JobAnswer>(show, `v1/jobs/${encodeURIComponent(id)}`);
    if (json === true) return printJson(job);
    const { lines, ...rest } = job;
    for (const [name, value] of Object.entries(rest)) {
      if (value === null) continue;
      printLine(`${name.padEnd(13)} ${visible(typeof value === 'string' ? value : JSON.stringify(value))}`);
    }
    for (const line of lines) printLine(`  ${visible(line)}`);
  });
  addExamples(show, 'jobs show 01KE70EHG0MQ0NW2WMXZ66Z499');

  const schedules = command
    .command('schedules')
    .description('Say when jobs are added: the last time and what came of it, and the next time.')
    .addOption(jsonOption());
  schedules.action(async ({ json }: { json?: true }) => {
    const { schedules: rows } = await ask<{ schedules: readonly ScheduleRow[] }>(schedules, 'v1/schedules');
    if (json === true) return printJson(rows);
    printTable(
      [
        { head: 'schedule', value: (row) => row.schedule },
        { head: 'when', value: (row) => row.when },
        { head: 'zone', value: (row) => row.time_zone },
        { head: 'missed', value: (row) => row.catch_up },
        { head: 'last', value: (row) => second(row.last) },
        { head: 'result', value: (row) => row.last_state },
        { head: 'next', value: (row) => (row.paused ? 'paused' : second(row.next)) },
      ],
      rows,
      'There is no schedule.',
    );
  });
  addExamples(schedules, 'jobs schedules', 'jobs schedules --json');
}

function defineAdding(command: Command): void {
  const enqueue = withPayload(command.command('enqueue <kind>').description('Add a job, for whoever does that kind.'))
    .option('--at <time>', 'not before, such as 2026-01-05T12:00:00Z')
    .option('--dedupe <text>', 'while a job of the kind with this text waits or runs, no other is added')
    .option('--priority <n>', 'the smallest is first (default: 0)');
  enqueue.action(async (kind: string, options: AddOptions) => {
    const { id, status } = (await client(enqueue, async (to) =>
      to.ask('v1/jobs', await requestOf(kind, options, globalsOf(enqueue).pool, to)),
    )) as { id: string; status: string };
    if (options.json === true) return printJson({ id, status });
    printLine(status === 'added' ? `${id} waits for its turn.` : `${id} waits or runs already: nothing was added.`);
  });
  addExamples(
    enqueue,
    'jobs enqueue daily-aggregate --date yesterday',
    `jobs enqueue x.report --payload '{"week": 2}'`,
  );

  const run = withPayload(
    command
      .command('run <kind>')
      .description('Do a job now and wait for its end: here, or in the daemon where one has the ledger.'),
  );
  run.action(async (kind: string, options: AddOptions) => {
    const job = await client(run, async (to) => {
      await refuseInMaintenance(to);
      return to.runJob(await requestOf(kind, options, globalsOf(run).pool, to));
    });
    if (options.json === true) printJson(job);
    else printLine(`${job.id} ${job.state}${job.result === null ? '' : `: ${visible(JSON.stringify(job.result))}`}`);
    if (job.state !== 'succeeded') throw negativeResult(`${job.kind} ${job.state}: ${job.error ?? 'see `jobs show`'}`);
  });
  addExamples(run, 'jobs run daily-aggregate --date yesterday', 'jobs run daily-aggregate --date 2026-01-05 --json');
}

/** Nobody would claim the job before the end, and whoever asked would wait for it. */
async function refuseInMaintenance(to: LedgerClient): Promise<void> {
  const { maintenance } = (await to.ask('v1/maintenance')) as MaintenanceAnswer;
  if (maintenance === null) return;
  throw new Problem(
    'in_maintenance',
    `maintenance goes on until ${maintenance.until}, and no job is done before its end: \`maintenance off\` ends it, \`jobs enqueue\` adds a job that waits.`,
  );
}

const withPayload = (command: Command): Command =>
  command
    .addOption(new Option('--payload <json>', 'what the kind takes, as a JSON object').argParser(parsePayload))
    .addOption(
      new Option('--date <date>', 'short for a payload with this date, in the zone of the pool').argParser(parseDate),
    )
    .addOption(jsonOption());

function parsePayload(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw usageError('--payload takes a JSON object, such as {"week": 2}.');
}

async function requestOf(
  kind: string,
  options: AddOptions,
  pool: string | undefined,
  to: LedgerClient,
): Promise<object> {
  const { payload = {}, date, at, dedupe, priority } = options;
  const time = at === undefined ? undefined : new Date(at);
  if (time !== undefined && Number.isNaN(time.getTime()))
    throw usageError('--at takes a time, such as 2026-01-05T12:00:00Z.');
  if (priority !== undefined && !/^-?\d{1,4}$/.test(priority)) throw usageError('--priority takes a whole number.');
  return {
    kind,
    pool,
    payload: date === undefined ? payload : { ...payload, date: date.on(Date.now(), await to.timeZone()) },
    run_at: time?.toISOString(),
    dedupe,
    priority: priority === undefined ? undefined : Number(priority),
  };
}

async function client<T>(command: Command, work: (client: LedgerClient) => Promise<T>): Promise<T> {
  const { withPoolClient } = await import('../open-client.js');
  return withPoolClient(globalsOf(command), work);
}

const ask = <T>(command: Command, path: string, body?: object): Promise<T> =>
  client(command, (to) => to.ask(path, body)) as Promise<T>;

const stateOf = ({ state, cancel_at: cancelled }: JobAnswer): string =>
  state === 'running' && cancelled !== null ? 'ending' : state;

const second = (time: string | null): string | null => time?.replace(/\.\d+Z$/, 'Z') ?? null;
