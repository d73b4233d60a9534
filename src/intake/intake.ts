/**
 * What a daemon takes data of others in with: it is read, told whose it is, and submitted to the ledger; what came of it is counted
 * by source, alike for what is pushed and what is read from files. All it remembers is in memory.
 */
import type { Command } from '../events/command.js';
import type { PoolId } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { nextTurn } from '../runtime/clock.js';
import type { SourceRule } from '../settings/schema.js';
import type { ClientFacts, Observation, ReadContext, Source } from '../sources/source.js';
import { type Here, here } from './here.js';
import { Prompts } from './prompts.js';
import { commandOf } from './recordable.js';
import { reportOf } from './report.js';
import { SessionPlaces } from './session-places.js';
import { type Counts, Tally } from './tally.js';
import { whenOf } from './when.js';
import { type Attribution, attribute, type Surroundings, type TmuxView } from './who.js';
import { type WhoseOf, whoseOf } from './whose-of.js';

/** What it needs of the ledger. */
export interface Sink<A extends Answer> {
  /** Milliseconds UTC. */
  now(): number;
  submit(pool: PoolId, submission: { readonly commands: readonly Command[]; readonly advise: false }): Promise<A[]>;
}

/** What it needs to know of an answer of the ledger. */
export interface Answer {
  readonly status: 'recorded' | 'repeated' | 'rejected';
  /** The type of the event that was recorded in the place of the one that was asked for. */
  readonly instead?: string | undefined;
  readonly code?: string | undefined;
}

export interface IntakeSettings {
  /** Whose use all of it is. */
  readonly agent?: string | undefined;
  readonly rules: readonly SourceRule[];
  /** Where nothing else says it. */
  readonly mode: Surroundings['defaultMode'];
}

/** Who sends something, and where it goes. */
export interface Sender {
  readonly pool: PoolId;
  readonly actor: string;
  /** Of every event: `otlp/1`. */
  readonly source: string;
  /** Whose use it is, where the sender says so. */
  readonly identity?: string | undefined;
}

/** What was read of one body. */
export interface Reading {
  readonly format: string;
  readonly observations: readonly Observation[];
  readonly tally: Tally;
}

/** What is to be done with an observation: a command; or it is left out, for a reason that is counted, or as it is of no use here. */
export type Step = Command | { readonly skipped: string } | { readonly refused: true } | null;

export interface Recording<A> {
  readonly counts: Counts;
  /** For each observation; null where nothing was submitted. */
  readonly answers: readonly (A | null)[];
}

export interface SourceFigures extends Counts {
  readonly format: string;
  readonly lastSeenAt: number;
}

export class Intake<A extends Answer = Answer> {
  readonly #sink: Sink<A>;
  #settings: IntakeSettings;
  readonly #prompts = new Prompts();
  readonly #places = new SessionPlaces();
  readonly #tallies = new Map<string, Tally>();
  readonly #lastSeenAt = new Map<string, number>();
  #here: Here | null = null;

  constructor(sink: Sink<A>, settings: IntakeSettings = { rules: [], mode: 'autonomy' }) {
    this.#sink = sink;
    this.#settings = settings;
  }

  /** For what comes in from now on. */
  change(settings: Pick<IntakeSettings, 'rules' | 'mode'>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Of every source that was heard of, by name. */
  get figures(): readonly SourceFigures[] {
    const formats = [...this.#lastSeenAt].sort(([a], [b]) => (a < b ? -1 : 1));
    return formats.map(([format, lastSeenAt]) => ({ format, ...this.tallyOf(format).counts, lastSeenAt }));
  }

  /** Counts what came of a source that is heard of in parts. */
  tallyOf(format: string): Tally {
    const known = this.#tallies.get(format) ?? new Tally();
    this.#tallies.set(format, known);
    return known;
  }

  /** Something of it has come. */
  heardOf(format: string): void {
    this.#lastSeenAt.set(format, this.#sink.now());
  }

  /** A person typed something in a session. */
  notePrompt(session: string): void {
    this.#prompts.note(session, this.#sink.now());
  }

  /** A session is known to run there. */
  notePlace(session: string, place: ClientFacts): void {
    this.#places.note(session, place);
  }

  /** Whose use it is, and in which mode. `at`: when it was used. */
  whose(place: ClientFacts, session: string | null, at: number, identity?: string): Attribution {
    const { user, host, identity: agent, rules, defaultMode } = this.#around;
    const sincePromptMs = this.#prompts.sinceMs(session, at);
    return attribute(this.#places.completed(place, session), {
      user,
      host,
      identity: identity ?? agent,
      rules,
      sincePromptMs,
      defaultMode,
    });
  }

  /** Of many that are read at `at`; of what was used long before, neither tmux nor a prompt says anything. */
  whoseOf(at: number, tmux: TmuxView | undefined): WhoseOf {
    const around = this.#around;
    const ofHistory = whoseOf(around, at);
    return (place, occurredAt, session) => {
      const usedAt = occurredAt ?? at;
      if (session !== null) this.#places.note(session, place);
      if (at - usedAt >= limits.historyMsMin) return ofHistory(place, usedAt, session);
      return attribute(place, { ...around, tmux, sincePromptMs: this.#prompts.sinceMs(session, usedAt) });
    };
  }

  get #around(): Surroundings {
    const { agent, rules, mode } = this.#settings;
    this.#here ??= here();
    const { user, host } = this.#here;
    return { user, host, identity: agent, rules, defaultMode: mode };
  }

  /** Reads a body. Throws `body_refused`. */
  async read(source: Source, bytes: Uint8Array, context: Omit<ReadContext, 'at'>): Promise<Reading> {
    const { combined } = await import('../sources/combine.js');
    const tally = this.#opened(source.format);
    const given = { ...context, at: this.#sink.now() };
    const found =
      source.inSteps === undefined ? source.read(bytes, given) : await inTurns(source.inSteps(bytes, given));
    for (const [reason, count] of Object.entries(found.skipped)) tally.skip(reason, count);
    if (found.refused !== null) {
      tally.skip('body-refused');
      throw new Problem('body_refused', found.refused);
    }
    const observations = combined(source.combine?.(found.observations) ?? found.observations);
    tally.add('read', observations.length);
    return { format: source.format, observations, tally };
  }

  /**
   * Submits what was read, and waits until it is recorded. Throws what the ledger throws, as `queue_full`: sent again, what was recorded
   * meanwhile is repeated.
   */
  async record(
    { observations, tally }: Reading,
    sender: Sender,
    stepOf: (observation: Observation) => Step = (one) => this.stepOf(one, sender),
  ): Promise<Recording<A>> {
    const answers: (A | null)[] = observations.map(() => null);
    let batch: { readonly at: number; readonly command: Command }[] = [];
    const submit = async () => {
      const commands = batch.map(({ command }) => command);
      const got = await this.#sink.submit(sender.pool, { commands, advise: false });
      for (const [i, { at, command }] of batch.entries()) {
        answers[at] = got[i] as A;
        countAnswer(tally, command, got[i] as A);
      }
      batch = [];
    };
    for (const [at, observation] of observations.entries()) {
      // Others are let in between, as where commands are decided.
      if (at % limits.decidedAtOnceMax === 0) await nextTurn();
      const step = stepOf(observation);
      if (step === null) continue;
      if ('skipped' in step) tally.skip(step.skipped);
      else if ('refused' in step) tally.add('refused');
      else if (batch.push({ at, command: step }) === batchMax) await submit();
    }
    if (batch.length > 0) await submit();
    return { counts: tally.counts, answers };
  }

  /** A use, a total or a reading as it is recorded. */
  stepOf(observation: Observation, { identity, actor, source }: Sender): Step {
    const at = whenOf(observation) ?? this.#sink.now();
    const report = reportOf(observation, (place, session) => this.whose(place, session, at, identity));
    if (report === null) return null;
    return commandOf(report, { actor, source }) ?? { skipped: 'not-recordable' };
  }

  #opened(format: string): Tally {
    this.heardOf(format);
    return new Tally(this.tallyOf(format));
  }
}

/** Others are let in between the steps. */
async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** A quarter of a transaction: others get into it, too. */
const batchMax = limits.batchCommandsMax / 4;

function countAnswer(tally: Tally, command: Command, { status, instead, code }: Answer): void {
  if (status === 'repeated') tally.add('repeated');
  else if (status === 'recorded') tally.add(instead === 'usage.corrected' ? 'corrected' : 'recorded');
  else if (code === 'key_reused' && isSum(command)) tally.skip('sum-known-otherwise');
  else tally.add('refused');
}

/** Its key says what it sums. In another mode it is another request under the same key. */
const isSum = (command: Command): boolean => command.type === 'usage.recorded' && command.payload.meter?.rule === 'sum';
