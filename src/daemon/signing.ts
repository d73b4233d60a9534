/** Signed checkpoints of a daemon: with which key, where they go, and the last one of all. */
import type { Logger } from 'pino';
import type { Ledger } from '../ledger/ledger.js';
import { checkpointSink } from '../outbox/checkpoint-sink.js';
import type { Outbox } from '../outbox/outbox.js';
import { CheckpointKeys } from '../trust/checkpoint-keys.js';
import { sinkOf } from '../trust/checkpoint-sinks.js';
import { Checkpoints } from '../trust/checkpoints.js';
import { parseKey } from '../trust/note.js';
import type { DaemonSettings } from './daemon-settings.js';

/** Where no key can be had, why: the ledger is served without. */
export async function openCheckpoints(
  ledger: Ledger,
  outbox: Outbox,
  { checkpoints: settings, acceptLoss }: DaemonSettings,
): Promise<Checkpoints | string | null> {
  if (settings === undefined) return null;
  try {
    const keys = await CheckpointKeys.open(settings.keys, settings.credentials);
    const sinks = settings.to.map((target) =>
      'webhook' in target ? checkpointSink(outbox, target.webhook) : sinkOf(target, ledger.clock),
    );
    const { witnesses } = settings;
    const policy = witnesses && { quorum: witnesses.quorum, keys: witnesses.keys.map(parseKey) };
    const checkpoints = new Checkpoints(ledger.treeStore, ledger.clock, keys, sinks, policy);
    if (acceptLoss === true) await checkpoints.acceptLoss();
    return checkpoints;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What came after the last checkpoint is in one, too, when the daemon ends. */
export async function signLast(checkpoints: Checkpoints | undefined, log: Pick<Logger, 'warn'>): Promise<void> {
  try {
    await checkpoints?.sign();
  } catch (error) {
    log.warn({ err: error }, 'the last checkpoint could not be signed');
  }
}
