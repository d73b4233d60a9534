/**
 * The secrets of incoming webhooks, as a process knows them: all of them in memory, so that checking a signature waits for nothing. What
 * another process changes is seen when they are looked at again.
 */
import type { SecretRecord, SecretStore, SecretUse } from '../engines/secret-store.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { randomId } from './api-key.js';
import { isWebhookSignature, makeWebhookSecret, type WebhookMessage, webhookSecretText } from './webhook-signature.js';

export type { SecretRecord } from '../engines/secret-store.js';

export interface SecretAsked {
  readonly source: string;
  readonly pool: string;
  readonly identity: string | null;
  readonly label: string | null;
  /** That of the sender, where it makes its own. */
  readonly secret?: Uint8Array | undefined;
}

export interface MadeSecret {
  readonly secret: SecretRecord;
  /** To be shown once. */
  readonly text: string;
}

/** How often it is written that a secret is in use. */
const usesMs = 60_000;

export class WebhookSecrets {
  readonly #store: SecretStore;
  readonly #now: () => number;
  #version = 0;
  #secrets: ReadonlyMap<string, SecretRecord> = new Map();
  readonly #uses = new Map<string, SecretUse>();
  #writtenAt = 0;

  /** `now` in milliseconds UTC. */
  constructor(store: SecretStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  async load(): Promise<void> {
    const { version, secrets } = await this.#store.read();
    this.#version = version;
    this.#secrets = new Map(secrets.map((secret) => [secret.id, secret]));
  }

  /** Sees what other processes changed, and writes down how often secrets were used. */
  async refresh(): Promise<void> {
    if ((await this.#store.version()) !== this.#version) await this.load();
    if (this.#uses.size > 0 && this.#now() - this.#writtenAt >= usesMs) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = new Map(this.#uses);
    this.#uses.clear();
    await this.#store.count(uses);
    this.#writtenAt = this.#now();
    await this.load();
  }

  /** Oldest first. */
  list(): readonly SecretRecord[] {
    return [...this.#secrets.values()].map((secret) => {
      const { times = 0, at = secret.lastUsedAt } = this.#uses.get(secret.id) ?? {};
      return { ...secret, uses: secret.uses + times, lastUsedAt: at };
    });
  }

  /** The secret that a message to a source was signed with; undefined where it is none that works. */
  signerOf(source: string, signature: string, message: WebhookMessage): SecretRecord | undefined {
    return this.#working(source).find(({ secret }) => isWebhookSignature(signature, message, secret));
  }

  /** What it has signed was taken. */
  noteUse({ id }: SecretRecord): void {
    this.#uses.set(id, { times: (this.#uses.get(id)?.times ?? 0) + 1, at: this.#now() });
  }

  faultOf({ revokedAt, overlapUntil }: SecretRecord): 'revoked' | 'replaced' | null {
    if (revokedAt !== null) return 'revoked';
    return overlapUntil !== null && overlapUntil <= this.#now() ? 'replaced' : null;
  }

  known(id: string): SecretRecord {
    const secret = this.#secrets.get(id);
    if (secret === undefined) throw new Problem('secret_unknown', `there is no secret with the id ${id.slice(0, 100)}`);
    return secret;
  }

  /** A secret that nobody keeps yet. Throws where as many work for the source as may. */
  make(asked: SecretAsked): MadeSecret {
    const { secret: bytes = makeWebhookSecret(), source } = asked;
    if (this.#working(source).length >= limits.webhookSecretsMax)
      throw new Problem(
        'secret_limit',
        `${limits.webhookSecretsMax} secrets of ${source} work: revoke one of them first`,
      );
    const secret: SecretRecord = {
      ...asked,
      id: randomId(),
      secret: bytes,
      createdAt: this.#now(),
      lastUsedAt: null,
      uses: 0,
      replacedBy: null,
      overlapUntil: null,
      revokedAt: null,
    };
    return { secret, text: webhookSecretText(bytes) };
  }

  /** One that is for all that another one is for. Throws where that one works no longer. */
  successorOf(id: string, secret?: Uint8Array): MadeSecret {
    const old = this.known(id);
    const fault = old.replacedBy === null ? this.faultOf(old) : 'replaced';
    if (fault !== null) throw new Problem('secret_inactive', `the secret ${id} is ${fault}`);
    const { source, pool, identity, label } = old;
    return this.make({ source, pool, identity, label, secret });
  }

  async add({ secret }: MadeSecret): Promise<void> {
    await this.#store.add(secret);
    await this.load();
  }

  async replace(id: string, { secret }: MadeSecret, overlapUntil: number): Promise<void> {
    const replaced = await this.#store.replace(id, secret, overlapUntil);
    await this.load();
    if (!replaced) throw new Problem('secret_inactive', `the secret ${id} was replaced or revoked meanwhile`);
  }

  async revoke(id: string): Promise<void> {
    this.known(id);
    await this.#store.revoke(id, this.#now());
    await this.load();
  }

  #working(source: string): readonly SecretRecord[] {
    return [...this.#secrets.values()].filter((each) => each.source === source && this.faultOf(each) === null);
  }
}
