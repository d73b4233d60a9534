/** Sends a message to an endpoint, signed: one attempt. */
import { randomInt } from 'node:crypto';
import type { EndpointRecord } from '../ledger/ledger.js';
import type { Clock } from '../runtime/clock.js';
import { webhookSecretOf, webhookSignature } from '../trust/webhook-signature.js';
import { render } from './formats.js';
import type { Message } from './message.js';
import { type Answer, post } from './post.js';
import type { Targets } from './target.js';

export class Sender {
  readonly targets: Targets;
  readonly #clock: Clock;
  readonly #now: () => number;

  /** `now` in milliseconds UTC. */
  constructor(targets: Targets, clock: Clock, now: () => number) {
    this.targets = targets;
    this.#clock = clock;
    this.#now = now;
  }

  /** Throws only the reason of the signal, when that is aborted. */
  send({ url, secret: text, format }: EndpointRecord, message: Message, signal: AbortSignal): Promise<Answer> {
    const { body, headers } = render(format, message);
    const secret = webhookSecretOf(text);
    if (secret === null) throw new Error('the secret of an endpoint is none');
    const timestamp = Math.floor(this.#now() / 1_000);
    const signed = {
      'webhook-id': message.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': webhookSignature({ id: message.id, timestamp, body }, [secret]),
    };
    return post(this.targets, this.#clock, { url, body, headers: { ...headers, ...signed } }, signal);
  }
}

/** From 0 to 1. */
export const chance = (): number => randomInt(1_000_000) / 1_000_000;
