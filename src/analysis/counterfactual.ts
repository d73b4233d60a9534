/**
 * The log under another policy: at each recorded use the controller is asked again what it would have said. Its state is
 * folded with the other policy from the first event on. What was used stays as recorded, and so does what agents were
 * told where their conduct is judged by it: they reacted to that, not to what is worked out here.
 */

import { advise, keepPlan } from '../events/advice.js';
import type { FoldedEvent, FoldedOf } from '../events/envelope.js';
import { evolve } from '../events/evolve.js';
import { knownIdentity, survivor } from '../events/identities.js';
import { foldName } from '../events/scalars.js';
import { emptyState, type PoolState } from '../events/state.js';
import { Analyst } from '../fairness/analyse.js';
import type { Analysis, AnalysisInput } from '../fairness/analysis.js';
import { emptyFairState, tell } from '../fairness/apply.js';
import { defaultPolicy, type Policy, type PolicyChange } from '../fairness/policy.js';
import { eachEvent } from '../ledger/history.js';
import type { LedgerView } from '../ledger/view.js';
import type { Span } from './analyse.js';
import { analysisInputOf } from './analysis-input.js';
import { unanswered } from './explain.js';

/** One answer: what was said, and what would have been. */
export interface Answer {
  readonly at: number;
  readonly seq: number;
  readonly key: string;
  /** In seconds. */
  readonly told: number;
  readonly blocked: boolean;
  readonly would: number;
  readonly wouldBlock: boolean;
  readonly reason: string;
}

export interface WindowSample {
  readonly at: number;
  readonly key: string;
  readonly percent: number;
}

export interface Counterfactual {
  readonly from: number;
  readonly until: number;
  /** In force at the end: as it was, and as it would have been. */
  readonly policy: Policy;
  readonly otherPolicy: Policy;
  readonly answers: readonly Answer[];
  readonly names: ReadonlyMap<string, string>;
  /** Looking back by either policy. */
  readonly analysis: Analysis;
  readonly otherAnalysis: Analysis;
  /** Percent used as the filter had it, and as it was read. */
  readonly estimates: readonly WindowSample[];
  readonly readings: readonly WindowSample[];
}

const estimateEveryMs = 900_000;

/** Weights that identities would have had all along, by name. */
export type OtherWeights = Readonly<Record<string, number>>;

export async function counterfactual(
  view: LedgerView,
  span: Span,
  change: PolicyChange,
  weights: OtherWeights = {},
): Promise<Counterfactual> {
  const run = new Run(view, span, change, weights);
  await eachEvent(view, 0, span.seqLast, (event) => run.take(event));
  return run.finish();
}

class Run {
  readonly #span: Span;
  readonly #change: PolicyChange;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #real: PoolState;
  readonly #other: PoolState;
  readonly #analyst: Analyst;
  readonly #otherAnalyst: Analyst;
  readonly #answers: Answer[] = [];
  readonly #estimates: WindowSample[] = [];
  readonly #readings: WindowSample[] = [];
  #estimatedAt = 0;

  constructor({ pool }: LedgerView, span: Span, change: PolicyChange, weights: OtherWeights) {
    this.#weights = new Map(Object.entries(weights).map(([name, weight]) => [foldName(name), weight]));
    this.#span = span;
    this.#change = change;
    this.#real = emptyState(pool);
    this.#other = emptyState(pool);
    this.#other.fair = emptyFairState({ ...defaultPolicy, ...change } as Policy);
    this.#analyst = new Analyst(span.from, span.until);
    this.#otherAnalyst = new Analyst(span.from, span.until);
  }

  take(event: FoldedEvent): void {
    const { recorded_at: at } = event;
    const asked = event.seq > this.#span.seqBefore;
    const fact: AnalysisInput = asked ? analysisInputOf(this.#real, event) : { kind: 'other' };
    if (asked) this.#analyst.before(this.#real.fair, at, fact);
    if (asked) this.#otherAnalyst.before(this.#other.fair, at, fact);
    evolve(this.#real, event);
    const answer = this.#evolveOther(event);
    if (!asked) return;
    this.#analyst.after(this.#real.fair, at, fact);
    this.#otherAnalyst.after(this.#other.fair, at, fact);
    if (answer !== null) this.#answers.push(answer);
    this.#sample(event);
  }

  finish(): Counterfactual {
    const { from, until } = this.#span;
    return {
      from,
      until,
      policy: this.#real.fair.policy,
      otherPolicy: this.#other.fair.policy,
      answers: this.#answers.map((answer) => ({ ...answer, key: this.#survivorOf(answer.key) })),
      names: new Map([...this.#real.identities.values()].map(({ key, name }) => [key, name])),
      analysis: this.#analyst.finish(this.#real.fair),
      otherAnalysis: this.#otherAnalyst.finish(this.#other.fair),
      estimates: this.#estimates,
      readings: this.#readings,
    };
  }

  /** Answers to a name that was merged away are its survivor's. */
  #survivorOf(key: string): string {
    const identity = this.#real.identities.get(key);
    return identity === undefined ? key : survivor(this.#real, identity).key;
  }

  #evolveOther(event: FoldedEvent): Answer | null {
    const other = this.#other;
    switch (event.type) {
      case 'policy.set':
        evolve(other, { ...event, payload: { ...event.payload, ...this.#change } as typeof event.payload });
        return null;
      case 'identity.registered':
      case 'identity.changed': {
        const weight = this.#weights.get(foldName(event.payload.name));
        evolve(
          other,
          weight === undefined ? event : ({ ...event, payload: { ...event.payload, weight } } as typeof event),
        );
        return null;
      }
      case 'agent.advised': {
        const member = other.fair.members.get(knownIdentity(other, event.payload.name).key);
        const recommended = member?.recommended ?? null;
        evolve(other, event);
        if (member !== undefined) member.recommended = recommended;
        return null;
      }
      case 'usage.recorded':
        evolve(other, unanswered(event));
        return this.#ask(event);
      default:
        evolve(other, event);
        return null;
    }
  }

  /** Asks what would have been said, and notes what was: its conduct is judged by that, steps are smoothed by the other. */
  #ask({ payload, recorded_at: at, seq }: FoldedOf<'usage.recorded'>): Answer | null {
    const { issued_interval_s: told, blocked_by: blockedBy = [] } = payload;
    if (told === undefined) return null;
    const other = this.#other;
    const identity = knownIdentity(other, payload.name);
    keepPlan(other, identity, at);
    const advice = advise(other, identity, at);
    tell(other.fair, identity.key, { issued: told, blocked: blockedBy.length > 0 }, at);
    const member = other.fair.members.get(identity.key);
    if (member !== undefined) member.recommended = advice.quota_paused ? null : advice.interval_s;
    return {
      at,
      seq,
      key: identity.key,
      told,
      blocked: blockedBy.length > 0,
      would: advice.interval_s,
      wouldBlock: advice.quota_paused,
      reason: advice.reason,
    };
  }

  #sample(event: FoldedEvent): void {
    const { recorded_at: at } = event;
    if (event.type === 'quota.read') {
      for (const { key, percent_bp: bp } of event.payload.windows) {
        this.#readings.push({ at: event.occurred_at, key, percent: bp / 100 });
      }
    }
    if (at - this.#estimatedAt < estimateEveryMs) return;
    this.#estimatedAt = at;
    for (const window of this.#real.fair.windows.values()) {
      if (window.lastRead !== null) this.#estimates.push({ at, key: window.key, percent: window.percent });
    }
  }
}
