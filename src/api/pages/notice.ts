/** What the act that led to a page has done. */
import type { PoolId } from '../../events/scalars.js';
import { upcast } from '../../events/upcast.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Html } from '../../web/html.js';
import { doneNotice, nothingDone } from '../../web/parts/done-notice.js';

/** By the event of that seq; nothing where there is none, or it is of no act. */
export async function noticeOf(
  ledger: Ledger,
  pool: PoolId,
  { done, was }: { readonly done?: number | undefined; readonly was?: number | undefined },
): Promise<Html | null> {
  if (done === undefined) return null;
  if (done === 0) return nothingDone;
  const event = await ledger.eventAt(pool, done);
  return event === null ? null : doneNotice(upcast(event), ledger.state(pool).timeZone, was);
}
