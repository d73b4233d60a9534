/** `archive`: puts the old events of a pool away in compressed segments. Everything that reads the log reads on as before. */

import type { Command } from 'commander';
import type { Segment } from '../../engines/engine.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import { countText } from '../../text/number.js';
import { instantText } from '../../text/time.js';
import { failure } from '../exit.js';
import { addExamples, type Globals, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { ProgressLine } from '../progress.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly before: TimeText;
  readonly dryRun?: true;
  readonly json?: true;
}

/** What is to be archived. */
interface Plan {
  readonly pool: PoolId;
  readonly before: EpochMs;
  /** Seq of the last event that is archived already. */
  readonly after: number;
  /** Seq of the last event to archive; not above `after` where there is none. */
  readonly upTo: number;
}

export function define(command: Command): void {
  command
    .description(
      'Put events recorded before a date into compressed segments: verified first, then dropped from the table of events. Queries, replay, verify and export read them as before. The newest event stays where it is.',
    )
    .requiredOption('--before <time>', "a date (its midnight in the pool's zone) or a time", parsePastTime)
    .option('--dry-run', 'only say what would be archived')
    .addOption(jsonOption());
  command.action(async ({ before, dryRun, json }: Options) => {
    const globals = globalsOf(command);
    const plan = await planned(globals, before);
    const segments = dryRun === true || plan.upTo <= plan.after ? [] : await archived(globals, plan);
    if (json === true) printJson({ ...planJson(plan), dry_run: dryRun === true, segments: segments.map(segmentJson) });
    else if (plan.upTo <= plan.after) printLine(nothing(plan));
    else if (dryRun === true) printLine(`${eventsOf(plan)} would be archived. Nothing was changed.`);
    else printArchived(plan, segments);
  });
  addExamples(
    command,
    'archive --before 2026-01-01 --dry-run',
    'archive --before 2026-01-01',
    'archive --before 90d --pool research --json',
  );
}

/** Only reads: a mistyped directory or pool must not become a new one, and a dry run needs no daemon stopped. */
async function planned(globals: Globals, before: TimeText): Promise<Plan> {
  const { withView } = await import('../open-view.js');
  return withView(globals, async (view) => {
    const { engine, pool, record } = view;
    const at = await view.instant(before);
    const after = (await engine.segments(pool)).at(-1)?.last.seq ?? 0;
    return { pool, before: at, after, upTo: Math.min(await engine.seqAt(pool, at - 1), record.head.seq - 1) };
  });
}

async function archived(globals: Globals, { pool, before, after, upTo }: Plan): Promise<Segment[]> {
  const { writerOf } = await import('../../engines/open.js');
  const { openLedger } = await import('../../daemon/open-ledger.js');
  const { database } = globals;
  const writer = writerOf(database);
  if (writer?.url !== undefined) {
    throw failure(
      `${database} is served by process ${writer.pid} on ${writer.host}; archiving needs it alone: stop the daemon first.`,
    );
  }
  const ledger = await openLedger(globals);
  const line = new ProgressLine('events');
  const segments: Segment[] = [];
  try {
    line.show('archiving', 0, upTo - after);
    for await (const segment of ledger.archive(pool, before)) {
      segments.push(segment);
      line.show('archiving', segment.last.seq - after, upTo - after);
    }
  } finally {
    line.end();
    await ledger.close();
  }
  return segments;
}

const eventsOf = ({ pool, before, after, upTo }: Plan): string =>
  `${countText(upTo - after)} events of ${pool}, seq ${after + 1} to ${upTo}, recorded before ${instantText(before)},`;

function nothing({ pool, before, after }: Plan): string {
  const already = after === 0 ? '' : `; up to seq ${after} they are already`;
  return `No event of ${pool} recorded before ${instantText(before)} is left to archive${already}. The newest event is never archived.`;
}

function printArchived(plan: Plan, segments: readonly Segment[]): void {
  const events = segments.reduce((sum, segment) => sum + segment.events, 0);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const count = segments.length === 1 ? 'one segment' : `${countText(segments.length)} segments`;
  printLine(`${eventsOf(plan)} are archived in ${count}, verified.`);
  if (events > 0)
    remark(`${countText(bytes)} bytes, ${countText(bytes / events)} an event; the freed pages are used for new events`);
}

const planJson = ({ pool, before, after, upTo }: Plan) => ({
  pool,
  before,
  events: Math.max(upTo - after, 0),
  first_seq: upTo > after ? after + 1 : null,
  last_seq: upTo > after ? upTo : null,
});

const segmentJson = ({ events, first, last, previousHash, merkleRoot, bytes }: Segment) => ({
  events,
  first_seq: first.seq,
  last_seq: last.seq,
  first_id: first.id,
  last_id: last.id,
  first_recorded_at: first.recorded_at,
  last_recorded_at: last.recorded_at,
  previous_hash: previousHash,
  last_hash: last.hash,
  merkle_root: merkleRoot,
  bytes,
});
