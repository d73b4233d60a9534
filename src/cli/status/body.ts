/** `fair status --json`: the windows and shares of a status, with the policy that they follow. */
import { publishedAlert } from '../../status/alerts.js';
import {
  type PublishedSharer,
  publishedMaintenance,
  publishedSharers,
  publishedWindows,
  timeText,
} from '../../status/published.js';
import type { Status } from '../../status/status.js';

/** `only` leaves out everybody but one. */
export function statusBody(status: Status, only: string | undefined): object {
  const { version, method, mode } = status.policy;
  const sharers = publishedSharers(status).filter(({ name }) => only === undefined || name === only);
  return {
    at: timeText(status.at),
    seq: status.seq,
    policy: { version, method, mode },
    maintenance: publishedMaintenance(status.maintenance),
    alerts: status.alerts.map(publishedAlert),
    windows: publishedWindows(status),
    identities: sharers.map((sharer) => ({ ...sharer, mode: formerMode(sharer) })),
  };
}

/** What stood in the place of `state` before, in the words it was published with. */
function formerMode({ state, conduct }: PublishedSharer): string {
  if (state === 'paused' || state === 'blocked' || state === 'attached') return state;
  if (conduct === 'demand') return 'lends';
  return conduct === 'rogue' || conduct === 'on' ? 'rogue' : 'compliant';
}
