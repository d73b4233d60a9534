/**
 * The contract between the outbox, which sends messages to endpoints of others, and where it keeps them: beside the ledger, where no
 * query of its tables gets, as an endpoint has a secret. Each engine implements it, with the same file names. Nothing is made there
 * before the first endpoint is.
 */

export type EndpointFormat = 'json' | 'slack' | 'discord' | 'ntfy';

export interface EndpointRecord {
  /** May be logged and shown. */
  readonly id: string;
  /** May hold a secret of its own, as those of chat tools do. */
  readonly url: string;
  readonly secret: string;
  /** Types of events, or beginnings of them that end in `.*`. */
  readonly types: readonly string[];
  /** The only pool it hears of; null: all. */
  readonly pool: string | null;
  readonly format: EndpointFormat;
  /** What people call it. */
  readonly label: string | null;
  /** Times in milliseconds UTC. */
  readonly createdAt: number;
  /** Since when nothing is sent to it, and why; null where something is. */
  readonly disabledAt: number | null;
  readonly disabledWhy: string | null;
}

export type DeliveryState = 'waiting' | 'delivered' | 'dead';

export interface NewDelivery {
  readonly endpoint: string;
  /** Of the message: the same at every attempt. */
  readonly id: string;
  /** An event of the log; many of them in one message; or a checkpoint. */
  readonly kind: 'event' | 'digest' | 'checkpoint';
  readonly pool: string;
  /** Of the last event it is about. */
  readonly seq: number;
  readonly type: string;
  readonly body: string;
  readonly dueAt: number;
  readonly createdAt: number;
}

export interface DeliveryRecord extends NewDelivery {
  readonly state: DeliveryState;
  /** How often it was sent. */
  readonly attempts: number;
  readonly triedAt: number | null;
  /** What the last attempt was answered with, or why it was not. */
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of that answer. */
  readonly reply: string | null;
}

/** What became of an attempt. */
export type Attempted = Pick<DeliveryRecord, 'state' | 'dueAt' | 'status' | 'error' | 'reply'> & {
  readonly triedAt: number;
};

export interface DeliveryQuery {
  readonly endpoint?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly pool?: string | undefined;
  readonly limit: number;
}

export interface OutboxStore {
  /** Oldest first. */
  endpoints(): Promise<EndpointRecord[]>;
  /** With the seq in each pool from which on it is told of events. */
  addEndpoint(endpoint: EndpointRecord, from: ReadonlyMap<string, number>): Promise<void>;
  /** With all that waits for it. False where there is none. */
  removeEndpoint(id: string): Promise<boolean>;
  /** `why` null: it is sent to again. False where there is none. */
  setDisabled(id: string, at: number | null, why: string | null): Promise<boolean>;

  /** How far the log of each pool was read for an endpoint; a pool that is not named, not at all. */
  positions(endpoint: string): Promise<ReadonlyMap<string, number>>;
  /**
   * Keeps deliveries of a pool, and how far its log was read for them: both or none. False, and nothing is kept, where the log was
   * not read as far as `from` before: another process has read on. A delivery that is there stays what it is; a digest grows.
   */
  keep(endpoint: string, pool: string, from: number, to: number, deliveries: readonly NewDelivery[]): Promise<boolean>;
  /** Sets it back, never on. What is kept stays; what is read again and kept already is not sent again. */
  readAgain(endpoint: string, pool: string, after: number): Promise<void>;
  /** Keeps one that is of no event. */
  add(delivery: NewDelivery): Promise<void>;

  /** The first that waits; the others wait for it. */
  next(endpoint: string): Promise<DeliveryRecord | null>;
  waiting(endpoint: string): Promise<number>;
  /** Events that were kept one by one since then. */
  keptSince(endpoint: string, at: number): Promise<number>;
  /** A digest that is not to be sent before then, and was not. */
  growingDigest(endpoint: string, pool: string, at: number): Promise<DeliveryRecord | null>;
  /** False, and nothing is changed, where it was attempted by another process meanwhile, or is gone. */
  attempted(delivery: DeliveryRecord, outcome: Attempted): Promise<boolean>;
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<DeliveryRecord[]>;
  /** Has a delivery that ended wait again, behind all others. How many there were of this id. */
  sendAgain(id: string, endpoint: string | undefined, at: number): Promise<number>;
  /** The same of all that ended dead since then. */
  sendDeadAgain(endpoint: string, since: number, at: number): Promise<number>;
  /** Forgets what ended before these times, and of each endpoint what is more than so many. */
  prune(deliveredBefore: number, deadBefore: number, keptMax: number): Promise<void>;
}
