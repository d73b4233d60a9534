/** What a signed message holds, recorded. Each command in it that has no key of its own gets one that is made of the `webhook-id`. */
import { createHash } from 'node:crypto';
import { type Command, parseCommand } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Step } from '../../intake/intake.js';
import { loadSource } from '../../intake/load-source.js';
import { type Outcome, rejectedBy } from '../../ledger/outcome.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Observation } from '../../sources/source.js';
import type { WebhookMessage } from '../../trust/webhook-signature.js';
import { parseJson } from '../bodies.js';
import type { Api } from '../context.js';
import { permit } from '../permission.js';
import type { Principal } from '../principal.js';
import { notePrompts } from '../push/claude-hook.js';
import { cloudEventStep } from '../push/cloudevents.js';

/** The source of commands as they are, which is no format of others. */
export const ownSource = 'events';
/** Of every event that came with a webhook. */
export const deliverySource = 'webhook/1';

/** A message whose signature was checked. */
export interface Delivery {
  readonly source: string;
  readonly message: WebhookMessage;
  /** SHA-256 of the body, in hexadecimal. */
  readonly digest: string;
  readonly principal: Principal;
}

export interface DeliveryResult {
  readonly recorded: number;
  readonly repeated: number;
  readonly corrected: number;
  readonly refused: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly rejected: readonly Rejected[];
}

type Rejected = Extract<Outcome, { status: 'rejected' }>;

export function takeDelivery(api: Api, pool: PoolId, delivery: Delivery): Promise<DeliveryResult> {
  return delivery.source === ownSource ? takeCommands(api, pool, delivery) : takeData(api, pool, delivery);
}

/** The key of an item of a message, by its place in it. */
export function deliveryKey({ source, message: { id } }: Delivery, item: number | 'all'): string {
  const key = `webhook:${source}:${item}:${id}`;
  if (key.length <= limits.keyCharactersMax) return key;
  return `webhook:${source}:${item}:${createHash('sha256').update(id).digest('hex')}`;
}

/** Another reading of the same bytes is the same request, whatever the clock has to do with it. */
const keyed = (command: Command, delivery: Delivery, item: number): Command =>
  command.key === undefined ? { ...command, key: deliveryKey(delivery, item), sent: [delivery.digest, item] } : command;

async function takeData({ ledger, intake }: Api, pool: PoolId, delivery: Delivery): Promise<DeliveryResult> {
  const { source, principal, message } = delivery;
  const body = message.body as Uint8Array;
  const { timeZone } = ledger.state(pool);
  const headers = { 'content-type': 'application/json' };
  const reading = await intake.read(await loadSource(source), body, { path: null, timeZone, headers });
  notePrompts(intake, reading);
  const sender = { pool, actor: principal.actor, source: deliverySource, identity: principal.identity };
  const early = new Map<Observation, Outcome>();
  const check = (command: Command) => permit(principal, () => ledger.state(pool), command);
  let item = 0;
  const { counts, answers } = await intake.record(reading, sender, (one): Step => {
    const step = source === 'cloudevents' ? cloudEventStep(one, sender, early, check) : intake.stepOf(one, sender);
    item += 1;
    return step === null || 'skipped' in step || 'refused' in step ? step : keyed(step, delivery, item);
  });
  const rejected = [...early.values(), ...answers].filter(isRejected);
  return { ...counts, rejected };
}

async function takeCommands({ ledger }: Api, pool: PoolId, delivery: Delivery): Promise<DeliveryResult> {
  const { principal, message } = delivery;
  const items = [parseJson(Buffer.from(message.body as Uint8Array))].flat();
  if (items.length > limits.arrayCommandsMax)
    throw new Problem('too_large', `the array has ${items.length} items; up to ${limits.arrayCommandsMax} are taken`);
  const rejected: Rejected[] = [];
  const commands: Command[] = [];
  for (const [item, each] of items.entries()) {
    try {
      const command = parseCommand(each, { actor: principal.actor, source: deliverySource });
      permit(principal, () => ledger.state(pool), command);
      commands.push(keyed(command, delivery, item));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      rejected.push(rejectedBy(error) as Rejected);
    }
  }
  const outcomes = await ledger.submit(pool, { commands, advise: false });
  rejected.push(...outcomes.filter(isRejected));
  const isCorrection = (outcome: Outcome) => outcome.status === 'recorded' && outcome.instead === 'usage.corrected';
  const corrected = outcomes.filter(isCorrection).length;
  return {
    recorded: outcomes.filter(({ status }) => status === 'recorded').length - corrected,
    repeated: outcomes.filter(({ status }) => status === 'repeated').length,
    corrected,
    refused: rejected.length,
    skipped: {},
    rejected,
  };
}

const isRejected = (outcome: Outcome | null): outcome is Rejected => outcome?.status === 'rejected';
