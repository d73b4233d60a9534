/** Signed checkpoints as messages: an endpoint holds them where whoever has the ledger does not get. */
import { isoText } from '../events/days.js';
import type { CheckpointSink } from '../trust/checkpoints.js';
import { checkpointType } from './message.js';
import type { Outbox } from './outbox.js';

/** A checkpoint that the outbox has is on its way: it is sent until it arrives, as every message is. */
export function checkpointSink(outbox: Outbox, endpoint: string): CheckpointSink {
  return {
    name: `the endpoint ${endpoint}`,
    async take({ origin, size, time }, note) {
      const pool = origin.slice(origin.lastIndexOf('/') + 1);
      const id = `checkpoint-${pool}-${size}`;
      const timestamp = isoText(time ?? 0);
      await outbox.keep(endpoint, 'checkpoint', {
        type: checkpointType,
        timestamp,
        data: { origin, size, note },
        pool,
        seq: size,
        id,
      });
      return '';
    },
  };
}
