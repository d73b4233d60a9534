/** Readings, judged before they count; rejected readings; refusals by the provider. */
import type { QuotaRead, QuotaReport, WindowReading } from '../catalogue/quota.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import type { EpochMs } from '../scalars.js';
import type { PoolState } from '../state.js';

/** A reading that arrives this long after its measurement is old news. */
const lateMs = 600_000;

export function decideQuota(
  state: PoolState,
  command: CommandOf<'quota.read' | 'quota.rejected' | 'quota.exhausted'>,
  context: Context,
): Decision {
  switch (command.type) {
    case 'quota.read':
      return accepted({
        type: command.type,
        occurredAt: command.occurredAt,
        payload: judgeReading(state, command.payload, command.occurredAt ?? context.at, context.at, command.source),
      });
    case 'quota.rejected': {
      const { corrects } = command.payload;
      const reading = state.referenced.readings.get(corrects);
      if (reading === undefined) {
        return rejected('event_unknown', `${corrects} is no reading of this pool`, 'payload.corrects');
      }
      if (reading.rejected) return nothingToDo;
      return accepted({ type: command.type, payload: command.payload, correlates: corrects });
    }
    case 'quota.exhausted':
      return accepted({ type: command.type, occurredAt: command.occurredAt, payload: command.payload });
  }
}

function judgeReading(
  state: PoolState,
  report: QuotaReport,
  measuredAt: EpochMs,
  at: EpochMs,
  origin: string,
): QuotaRead {
  const windows = report.windows.map((window) => judgeWindow(state, window, measuredAt));
  const overtaken = report.windows.some((window) => {
    const newest = state.windows.get(window.key)?.readings.at(-1);
    return newest !== undefined && newest.measuredAt > measuredAt;
  });
  const suspect = windows.some((window) => window.suspect === true);
  return {
    ...report,
    source: report.source ?? origin,
    confidence: suspect ? 'suspect' : (report.confidence ?? 'measured'),
    ...(overtaken || at - measuredAt > lateMs ? { late: true } : {}),
    windows,
  };
}

/** Within a window a percentage only rises: one that falls before the reset is kept, but flagged. */
function judgeWindow(state: PoolState, window: QuotaReport['windows'][number], measuredAt: EpochMs): WindowReading {
  const { resets_at: resetsAt, ...rest } = window;
  const newest = state.windows.get(window.key)?.readings.at(-1);
  const fell =
    newest !== undefined &&
    measuredAt >= newest.measuredAt &&
    window.percent_bp < newest.percentBp &&
    (newest.resetsAt === null || measuredAt < newest.resetsAt) &&
    (resetsAt === undefined || newest.resetsAt === null || resetsAt <= newest.resetsAt);
  const resetDropped = resetsAt !== undefined && resetsAt <= measuredAt;
  return {
    ...rest,
    ...(resetsAt !== undefined && !resetDropped ? { resets_at: resetsAt } : {}),
    ...(resetDropped ? { reset_dropped: true } : {}),
    ...(fell ? { suspect: true } : {}),
  };
}
