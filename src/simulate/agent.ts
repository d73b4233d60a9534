/** An agent that runs by itself: it wakes, spends, reports, and waits for as long as it is told, or as it likes. */

import { sum } from '../fairness/sum.js';
import { isFree, isMember, nextFree } from './activity.js';
import { startChatter } from './chatter.js';
import { changesOf, valueAt } from './course.js';
import { type Response, responsesOf } from './grain.js';
import type { Random } from './random.js';
import { modelAt, type ScenarioAgent } from './scenario.js';
import { type Stage, streamOf } from './stage.js';
import { AgentRecorder } from './trace.js';
import { hourMs, isWithin, microUsdPerUsd, secondMs } from './units.js';

/** A run takes a minute, and a lognormal time with this mean, but never more than the last figure. */
const runSeconds = { fixed: 60, mean: 150, variation: 0.5, max: 600 };
/** Nobody starts again sooner than this after a run or a session. */
const restSeconds = 30;
/** An agent that is told to run at once needs this long. */
const startSeconds = 5;
const costVariationUsual = 0.5;

interface Run {
  readonly wokeAt: number;
  /** The name that its reports go by. */
  readonly name: string;
  readonly turn?: string;
}

export class Agent {
  readonly recorder: AgentRecorder;
  readonly #about: ScenarioAgent;
  readonly #stage: Stage;
  readonly #random: Random;
  /** Of how its runs are told, so that the same runs can be told in another way. */
  readonly #telling: Random;
  /** Use that has not been reported yet. */
  #unreported: { readonly time: number; readonly costMicroUsd: number }[] = [];
  #pausedUntil = 0;
  #isRunning = false;
  /** What it goes by. */
  #toldSeconds: number;
  /** Number of the newest plan to run; older plans are void. */
  #plan = 0;
  /** Number of the newest wait; who has woken up since asks no more. */
  #wait = 0;

  constructor(about: ScenarioAgent, stage: Stage) {
    this.#about = about;
    this.#stage = stage;
    this.#random = streamOf(stage, about.name);
    this.#telling = streamOf(stage, `${about.name}/telling`);
    this.#toldSeconds = stage.controller.intervalSecondsInitial;
    this.recorder = new AgentRecorder(stage.start);
  }

  get model(): string {
    return modelAt(this.#about, this.#stage.timeline.now);
  }

  /** Puts down what its scenario says about it. */
  enter(): void {
    const { timeline, controller } = this.#stage;
    const { name, joinsAt = 0, leavesAt, leaveAnnounced, pauses = [], chattersSeconds } = this.#about;
    timeline.at(joinsAt, () => this.#register());
    if (chattersSeconds !== undefined) startChatter(this.#about, chattersSeconds, this.recorder, this.#stage);
    else timeline.at(joinsAt + this.#random.uniform(5, 65) * secondMs, () => this.#planRun(timeline.now));
    for (const time of this.#changes()) timeline.at(time, () => this.#register());
    for (const { from, until } of pauses) timeline.at(from, () => this.#pause(until));
    if (leavesAt !== undefined && leaveAnnounced) timeline.at(leavesAt, () => controller.retire(leavesAt, name));
  }

  /** A person who worked with it has gone. */
  resume(): void {
    this.#planRun(this.#stage.timeline.now + restSeconds * secondMs);
  }

  /** When something about it changes that the controller is told. */
  #changes(): readonly number[] {
    const { weight = 1, multiplier = 1, model = '' } = this.#about;
    const times = new Set([...changesOf(weight), ...changesOf(multiplier), ...changesOf(model)]);
    return [...times].filter((time) => isMember(this.#about, time));
  }

  #register(): void {
    const { now } = this.#stage.timeline;
    const { name, weight = 1, multiplier = 1, collaborativePref = 0, group, groupWeight = 1 } = this.#about;
    this.#stage.controller.register(now, {
      name,
      weight: valueAt(weight, now),
      multiplier: valueAt(multiplier, now),
      model: this.model,
      collaborativePref,
      ...(group === undefined ? {} : { group, groupWeight }),
    });
  }

  #pause(until: number): void {
    const { controller, timeline } = this.#stage;
    controller.pause(timeline.now, this.#about.name, until);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
    this.#planRun(until);
  }

  #planRun(time: number): void {
    const plan = ++this.#plan;
    const { timeline, scenario } = this.#stage;
    const earliest = Math.round(Math.max(time, this.#pausedUntil));
    timeline.at(nextFree(this.#about, earliest, scenario.lengthMs + hourMs), () => {
      if (plan === this.#plan && !this.#isRunning) this.#wake();
    });
  }

  #wake(): void {
    const { timeline, quota } = this.#stage;
    const { now } = timeline;
    this.#wait++;
    this.#isRunning = true;
    if (quota.refuses(now, this.model)) {
      this.recorder.refusedRun();
      return this.#finish({ wokeAt: now, name: this.#about.name }, 0);
    }
    this.recorder.run();
    this.#goOn(this.#begin(now), this.#costOfRun(now), this.#responsesOfRun());
  }

  #begin(wokeAt: number): Run {
    const { name, mistypes, grain } = this.#about;
    const isMistyped = mistypes !== undefined && this.#telling.uniform() < mistypes.chance;
    const run = { wokeAt, name: isMistyped ? mistypes.as : name };
    if (!grain?.hasTurns) return run;
    const turn = `${name} at ${wokeAt}`;
    this.#stage.controller.beginTurn(wokeAt, run.name, turn);
    return { ...run, turn };
  }

  #responsesOfRun(): readonly Response[] {
    const { grain } = this.#about;
    const { fixed, mean, variation, max } = runSeconds;
    const seconds = Math.min(max, fixed + this.#random.lognormal(mean, variation));
    return grain === undefined ? [{ afterMs: seconds * secondMs, part: 1 }] : responsesOf(grain, this.#telling);
  }

  #costOfRun(time: number): number {
    const { costUsd, costVariation = costVariationUsual, bursts = [] } = this.#about;
    const factor = bursts.find((burst) => isWithin(time, burst))?.factor ?? 1;
    return Math.round(factor * this.#random.lognormal(valueAt(costUsd, time) * microUsdPerUsd, costVariation));
  }

  /** Responds with what is left of a run, one response after the other; a full window cuts it short. */
  #goOn(run: Run, costMicroUsd: number, responses: readonly Response[], i = 0): void {
    const { timeline, quota, controller } = this.#stage;
    const { afterMs, part } = responses[i] as Response;
    timeline.at(run.wokeAt + afterMs, () => {
      const { now } = timeline;
      if (responses.length > 1 && quota.refuses(now, this.model)) return this.#finish(run, 0);
      if (i > 0 && this.#about.asks?.whileRunning && controller.recheckSeconds !== null) {
        controller.recheck(now, run.name);
      }
      const cost = Math.round(part * costMicroUsd);
      quota.charge(now, this.model, cost);
      this.recorder.use(now, 'autonomy', cost);
      if (i === responses.length - 1) return this.#finish(run, cost);
      this.#report(run, cost, false);
      this.#goOn(run, costMicroUsd, responses, i + 1);
    });
  }

  /** The last report of a run, whose answer counts; where it has none, the agent asks a moment later. */
  #finish(run: Run, costMicroUsd: number): void {
    const { timeline, controller } = this.#stage;
    const answer = this.#report(run, costMicroUsd, true);
    if (run.turn !== undefined) controller.endTurn(timeline.now, run.turn);
    if (answer !== null) return this.#obey(run, answer);
    timeline.at(timeline.now + startSeconds * secondMs, () => {
      this.#obey(run, controller.recheck(timeline.now, run.name) ?? this.#toldSeconds);
    });
  }

  #obey({ wokeAt }: Run, intervalSeconds: number): void {
    const { timeline, controller } = this.#stage;
    const { now } = timeline;
    this.#isRunning = false;
    this.#toldSeconds = intervalSeconds;
    this.recorder.interval(now, intervalSeconds, wokeAt);
    this.#pausedUntil = Math.max(this.#pausedUntil, controller.pausedUntil?.(this.#about.name) ?? 0);
    const keptSeconds = this.#intervalKept(intervalSeconds);
    this.#planRun(Math.max(wokeAt + keptSeconds * secondMs, now + restSeconds * secondMs));
    this.#waitFor(wokeAt);
  }

  /** The answer, or null where nobody wanted one. A controller that cannot be asked answers the last report of a run. */
  #report({ name, turn }: Run, costMicroUsd: number, isLast: boolean): number | null {
    const { timeline, controller } = this.#stage;
    const { now } = timeline;
    this.#unreported.push({ time: now, costMicroUsd });
    const use = { name, mode: 'autonomy', costMicroUsd: this.#takeReportable(now), model: this.model, turn } as const;
    if (!this.#about.grain?.isUnanswered || (isLast && controller.recheckSeconds === null)) {
      return controller.report(now, use);
    }
    controller.record(now, use);
    return null;
  }

  /** The use that is old enough to be reported, in micro-USD. */
  #takeReportable(now: number): number {
    const newest = now - (this.#about.reportsLateMs ?? 0);
    const old = this.#unreported.filter(({ time }) => time <= newest);
    this.#unreported = this.#unreported.slice(old.length);
    return sum(old.map(({ costMicroUsd }) => costMicroUsd));
  }

  #intervalKept(intervalSeconds: number): number {
    const { ignoresSeconds, wantsSeconds } = this.#about;
    const chosen = ignoresSeconds ?? intervalSeconds;
    return wantsSeconds === undefined ? chosen : Math.max(chosen, wantsSeconds * this.#random.uniform(0.8, 1.2));
  }

  /** An agent that does as it is told asks again while it waits. */
  #waitFor(wokeAt: number): void {
    const wait = ++this.#wait;
    const { recheckSeconds } = this.#stage.controller;
    if (recheckSeconds === null) return;
    const { ignoresSeconds, wantsSeconds, asks } = this.#about;
    if (ignoresSeconds !== undefined || wantsSeconds !== undefined) return;
    this.#askLater(wait, wokeAt, (asks?.everySeconds ?? recheckSeconds) * secondMs);
  }

  #askLater(wait: number, wokeAt: number, everyMs: number): void {
    const { timeline, controller } = this.#stage;
    timeline.at(timeline.now + everyMs, () => {
      if (wait !== this.#wait) return;
      if (isFree(this.#about, timeline.now) && timeline.now >= this.#pausedUntil) {
        this.#follow(wokeAt, controller.recheck(timeline.now, this.#about.name));
      }
      this.#askLater(wait, wokeAt, everyMs);
    });
  }

  #follow(wokeAt: number, intervalSeconds: number | null): void {
    const { now } = this.#stage.timeline;
    if (intervalSeconds === null) return;
    this.#toldSeconds = intervalSeconds;
    this.recorder.recheck(now, intervalSeconds, wokeAt);
    this.#planRun(Math.max(wokeAt + intervalSeconds * secondMs, now + startSeconds * secondMs));
  }
}
