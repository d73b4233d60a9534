/** `audit explain`: why an agent was given the interval it was given: the log folded to that moment, and the policy asked again. */
import type { Command } from 'commander';
import type { Advice } from '../../events/advice.js';
import type { EventOf, FoldedEvent, LedgerEvent } from '../../events/envelope.js';
import type { EpochMs } from '../../events/scalars.js';
import type { PoolState } from '../../events/state.js';
import { answerNo, usageError } from '../exit.js';
import { shownBp } from '../figures.js';
import { identityNames } from '../identity-names.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { Reading } from '../reading.js';
import { printTable } from '../table.js';
import { shownSeconds, shownTime } from '../times.js';

interface Options {
  readonly identity?: string;
  readonly json?: true;
}

interface WindowThen {
  readonly key: string;
  readonly percent_bp: number | null;
  readonly measured_at: number | null;
  readonly resets_at: number | null;
  readonly refused_until: number | null;
  readonly blocked: boolean;
}

export function define(audit: Command): void {
  const command = audit
    .command('explain [event]')
    .description('Why was this interval given? Of a report by seq or id, or of the last report of an identity.')
    .option('--identity <name>', 'the last report of this identity')
    .addOption(jsonOption());
  command.action(async (place: string | undefined, options: Options) => {
    if ((place === undefined) === (options.identity === undefined)) {
      throw usageError('explain what? Give a seq, an event id, or --identity NAME.');
    }
    await Reading.of(globalsOf(command), (reading) => explain(reading, place, options));
  });
  addExamples(
    command,
    'audit explain 4711',
    'audit explain 01JGV3M9Q8ZJ4X7W2K5T6R8N1P',
    'audit explain --identity Ada --json',
  );
}

async function explain(reading: Reading, place: string | undefined, { identity, json }: Options): Promise<void> {
  const event = place === undefined ? await lastReport(reading, identity ?? '') : await reportAt(reading, place);
  const { advise } = await import('../../events/advice.js');
  const { findIdentity } = await import('../../events/identities.js');
  const state = await stateWith(reading, event.seq);
  const found = findIdentity(state, event.payload.name) ?? null;
  const { policy } = state.fair;
  const advice = advise(state, found, event.recorded_at);
  const windows = windowsAt(state, advice);
  if (json === true) return printJson({ event, policy, advice, windows });
  print(event, policy.method, advice, windows);
}

async function reportAt(reading: Reading, place: string): Promise<EventOf<'usage.recorded'>> {
  const event = /^\d+$/.test(place) ? await eventAt(reading, Number(place)) : await eventOf(reading, place);
  if (event === undefined) throw answerNo(`the pool ${reading.pool} has no event ${place}.`);
  if (event.type === 'usage.recorded') return event;
  throw answerNo(`event ${event.seq} is ${event.type}: an interval is given with usage.recorded only.`);
}

async function eventAt(reading: Reading, seq: number): Promise<LedgerEvent | undefined> {
  return (await reading.events({ after: seq - 1, upTo: seq, limit: 1 }))[0];
}

async function eventOf(reading: Reading, id: string): Promise<LedgerEvent | undefined> {
  const stored = await reading.engine.findEvent(id);
  return stored?.pool === reading.pool ? eventAt(reading, stored.seq) : undefined;
}

async function lastReport(reading: Reading, identity: string): Promise<EventOf<'usage.recorded'>> {
  const { name, all } = await identityNames(reading, identity);
  const event = await reading.newest({ types: ['usage.recorded'], names: all });
  if (event?.type === 'usage.recorded') return event;
  throw answerNo(`${name} has reported nothing yet.`);
}

/** The pool's state with what the event reports, before it was answered. */
async function stateWith(reading: Reading, seq: number): Promise<PoolState> {
  const { evolve } = await import('../../events/evolve.js');
  const { emptyState, restoreState, stateFormat } = await import('../../events/state.js');
  const { upcastAll } = await import('../../events/upcast.js');
  const { limits } = await import('../../limits.js');
  const { engine, pool } = reading;
  const snapshot = await engine.loadSnapshot(pool, stateFormat);
  const state = snapshot !== null && snapshot.seq < seq ? restoreState(snapshot.state) : emptyState(pool);
  while (state.seq < seq) {
    const page = await engine.scanEvents(pool, state.seq, seq, limits.scanRowsPage);
    for (const event of upcastAll(page)) evolve(state, event.seq === seq ? unanswered(event) : event);
  }
  return state;
}

function unanswered(event: FoldedEvent): FoldedEvent {
  if (event.type !== 'usage.recorded') return event;
  return { ...event, payload: { ...event.payload, issued_interval_s: undefined, blocked_by: undefined } };
}

function windowsAt(state: PoolState, advice: Advice): WindowThen[] {
  return [...state.windows.values()].map(({ key, readings, exhausted }) => {
    const reading = readings.at(-1);
    return {
      key,
      percent_bp: reading?.percentBp ?? null,
      measured_at: reading?.measuredAt ?? null,
      resets_at: reading?.resetsAt ?? null,
      refused_until: exhausted?.until ?? null,
      blocked: advice.blocked_by.includes(key),
    };
  });
}

function print(event: EventOf<'usage.recorded'>, policy: string, advice: Advice, windows: readonly WindowThen[]): void {
  const { name, issued_interval_s: issued } = event.payload;
  printLine(
    `At ${shownTime(event.recorded_at)} (seq ${event.seq}) ${name} was told to run again in ${shownSeconds(issued ?? 0)}.`,
  );
  printLine(`Policy: ${policy}. ${advice.reason}`);
  if (advice.interval_s !== issued) {
    printLine(
      `The policy of this release would have said ${shownSeconds(advice.interval_s)}: another one was in force.`,
    );
  }
  printLine();
  const time = (at: number | null) => (at === null ? null : shownTime(at as EpochMs));
  printTable(
    [
      { head: 'window', value: ({ key }) => key },
      { head: 'used', value: (row) => (row.percent_bp === null ? null : shownBp(row.percent_bp)), right: true },
      { head: 'measured', value: (row) => time(row.measured_at) },
      { head: 'resets', value: (row) => time(row.resets_at) },
      { head: 'refused until', value: (row) => time(row.refused_until) },
      { head: 'full', value: ({ blocked }) => (blocked ? 'yes' : 'no') },
    ],
    windows,
    'No quota window was known then.',
  );
}
