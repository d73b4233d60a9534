/**
 * What a reader of a foreign format is: one object, in one file, loaded by `registry.ts`. It is pure: it is given bytes, and says
 * what they show. Whoever calls it owns files, cursors, retries and back-pressure (`src/intake`).
 *
 * Readers tolerate everything. What they cannot use they count by reason; what they may not see (prompts, tool input and output,
 * texts of messages) they drop; a body with credentials in it they refuse whole (`credentials.ts`), but for hooks, of which they keep few
 * fields and somebody waits for the answer.
 */
import type { ResponseIds, Sight, TokenCounts } from '../events/meter.js';
import type { PricingFacts } from '../prices/price.js';

export type { PricingFacts };

export interface Source {
  /** As in `sources read FORMAT`. */
  readonly format: string;
  /** Of the reader: increased when it reads something differently, so that its cursors begin again. */
  readonly version: number;
  /** `lines`: a file may be read in parts, each up to the end of a line; `document`: only whole. */
  readonly unit: 'lines' | 'document';
  /** Files of an older form that are documents though the unit is lines. */
  readonly isDocument?: (path: string) => boolean;
  /** Which files of a folder are of this format, by their path below it ('/' between folders); a file that is named is always read. */
  accepts(path: string): boolean;
  read(input: Uint8Array, context: ReadContext): ReadResult;
  /** As `read`, of a format whose bodies take long to read: whoever calls it may let others in at each step. */
  readonly inSteps?: (input: Uint8Array, context: ReadContext) => Generator<void, ReadResult>;
  /** Where what belongs together is in several files: made of all that was read; or of a part of it, with the links of the rest. */
  readonly combine?: (observations: readonly Observation[], links?: Links) => readonly Observation[];
  /** What has to be known of observations to combine others with them. Without it, all are read again where one has changed. */
  readonly linksOf?: (observations: readonly Observation[]) => Links;
}

/** Plain JSON, small. Of the same name, the later one counts. */
export type Links = Readonly<Record<string, string>>;

export interface ReadContext {
  /** When it is read, in milliseconds UTC: a reset without a date is the next one after this. */
  readonly at: number;
  /** The zone of times that name none, of the machine that wrote them; UTC where that is not known. */
  readonly timeZone?: string | undefined;
  /** Path of the file below the folder that is read, '/' between folders; its name where a file is read; null for a body. */
  readonly path: string | null;
  /** Of a body: its headers, names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of a body of OTLP: what it carries, as the path says that it was sent to. */
  readonly signal?: 'logs' | 'metrics' | 'traces' | undefined;
  /** What the reader kept of the part of the file before this one; undefined at its beginning. Plain JSON. */
  readonly state?: unknown;
  /** Whether more may follow, so that a line without an end waits. */
  readonly mayGrow?: boolean | undefined;
}

export interface ReadResult {
  /** In the order of the input. */
  readonly observations: readonly Observation[];
  /** What was not used, by reason: kebab-case words, as `line-too-long`. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Why the input was refused whole; null where it was not. Nothing of the input is in it. */
  readonly refused: string | null;
  /** Bytes that need not be read again. */
  readonly consumed: number;
  /** For the next part of the same file. Plain JSON, small. */
  readonly state?: unknown;
}

export type Observation = UseSeen | TotalSeen | QuotaSeen | EventSeen;

/** Tokens of one response, as a source saw it. The same response may be seen many times. */
export interface UseSeen extends Sight {
  readonly kind: 'use';
  /** What makes it one of a kind where the provider's ids do not: it is then no other sight of anything else. Null where they do. */
  readonly ownKey: string | null;
  /** Milliseconds UTC. */
  readonly occurredAt: number;
  /** The session it belongs to; `sessionIsCertain` where that is not only the session whose file repeats it. */
  readonly session: string | null;
  readonly sessionIsCertain: boolean;
  /**
   * It serves only while nothing better is known of its session: the sum of several responses, or one without an id by which other
   * sources would be known to tell of the same.
   */
  readonly isStopgap?: boolean | undefined;
  /** Its figures are all that a counter has counted, which `ownKey` names; the next sight of the counter shows these along. */
  readonly isCumulative?: boolean | undefined;
  /** As the source names it; null where it does not say. */
  readonly model: string | null;
  /** US dollars, where the source says what it cost; null where it has to be worked out. */
  readonly costUsd: number | null;
  readonly pricing: PricingFacts;
  readonly place: ClientFacts;
}

/** Where it was used, as far as the source says: what rules of identity and mode go by. */
export interface ClientFacts {
  /** The identity that the data names: `agent.id` of a resource. */
  readonly agent?: string | undefined;
  /** What the client calls the agent, which is weaker than a rule of the pool. */
  readonly agentName?: string | undefined;
  readonly cwd?: string | undefined;
  readonly host?: string | undefined;
  /** How the client was started: `cli`, `sdk-cli`. */
  readonly entrypoint?: string | undefined;
  /** Of the client. */
  readonly clientVersion?: string | undefined;
}

/** The running total of a session: what it used from its beginning to this moment. */
export interface TotalSeen {
  readonly kind: 'total';
  readonly session: string;
  readonly occurredAt: number | null;
  readonly costUsd: number | null;
  readonly tokens?: TokenCounts | undefined;
  readonly place: ClientFacts;
}

/** What a provider says is used of its windows. */
export interface QuotaSeen {
  readonly kind: 'quota';
  /** Milliseconds UTC; null: when it is read. */
  readonly measuredAt: number | null;
  readonly source: string;
  readonly windows: readonly WindowSeen[];
  readonly place: ClientFacts;
}

export interface WindowSeen {
  /** By `window-key.ts`. */
  readonly key: string;
  readonly label?: string | undefined;
  /** Whom it is for, where not for everything: the name of a model. */
  readonly scope?: string | undefined;
  /** Whether the provider goes by this window at the moment. */
  readonly active?: boolean | undefined;
  /** Basis points, 10,000 is all of it; null where only the reset is known. */
  readonly percentBp: number | null;
  /** Milliseconds UTC. */
  readonly resetsAt: number | null;
  readonly durationS?: number | undefined;
  readonly exhausted?: boolean | undefined;
  /** It cannot be right, and is not recorded: above 101 % where percentages are not fractions of money. */
  readonly rejected?: boolean | undefined;
  /** The reset lies further ahead than such a window is long: one of the two was misread. */
  readonly suspect?: boolean | undefined;
  /** The percentage as it was written, where it was capped. */
  readonly rawPercent?: string | undefined;
  /** The reset as it was written, where it was text. */
  readonly rawReset?: string | undefined;
}

/** Something that happened: a hook of an agent, a CloudEvent. */
export interface EventSeen {
  readonly kind: 'event';
  /** `UserPromptSubmit`, `Stop`, …; of a CloudEvent its type. */
  readonly event: string;
  readonly session: string | null;
  readonly agent: string | null;
  readonly occurredAt: number | null;
  /** Whether it says that a window is used up. */
  readonly exhausted?: boolean | undefined;
  /** Of a CloudEvent, `data` where it carries a command; of a hook `data` says how it ended, in a word of the client: `{ error }`, `{ reason }`. */
  readonly id?: string | undefined;
  readonly source?: string | undefined;
  readonly data?: unknown;
  readonly place: ClientFacts;
}

/** Names the response in answers and keys: `anthropic:msg_1`, with the request where the response alone does not say it. */
export function keyOf(use: ResponseIds & { readonly ownKey: string | null }): string {
  const { provider, response, request, part } = use;
  const id = use.ownKey ?? response ?? `request:${request}`;
  return `${provider}:${id}${part === null ? '' : `:${part}`}`;
}
