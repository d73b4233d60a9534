/** An agent that runs by itself: it wakes, spends, reports, and waits for as long as it is told, or as it likes. */

import { sum } from '../fairness/sum.js';
import { isFree, isMember, nextFree } from './activity.js';
import { changesOf, valueAt } from './course.js';
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

export class Agent {
  readonly recorder: AgentRecorder;
  readonly #about: ScenarioAgent;
  readonly #stage: Stage;
  readonly #random: Random;
  /** Use that has not been reported yet. */
  #unreported: { readonly time: number; readonly costMicroUsd: number }[] = [];
  #pausedUntil = 0;
  #isRunning = false;
  /** Number of the newest plan to run; older plans are void. */
  #plan = 0;
  /** Number of the newest wait; who has woken up since asks no more. */
  #wait = 0;

  constructor(about: ScenarioAgent, stage: Stage) {
    this.#about = about;
    this.#stage = stage;
    this.#random = streamOf(stage, about.name);
    this.recorder = new AgentRecorder(stage.start);
  }

  get model(): string {
    return modelAt(this.#about, this.#stage.timeline.now);
  }

  /** Puts down what its scenario says about it. */
  enter(): void {
    const { timeline, controller } = this.#stage;
    const { name, joinsAt = 0, leavesAt, leaveAnnounced, pauses = [] } = this.#about;
    timeline.at(joinsAt, () => this.#register());
    timeline.at(joinsAt + this.#random.uniform(5, 65) * secondMs, () => this.#planRun(timeline.now));
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
    const { name, weight = 1, multiplier = 1, collaborativePref = 0 } = this.#about;
    this.#stage.controller.register(now, {
      name,
      weight: valueAt(weight, now),
      multiplier: valueAt(multiplier, now),
      model: this.model,
      collaborativePref,
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
    const wokeAt = timeline.now;
    this.#wait++;
    if (quota.refuses(wokeAt, this.model)) {
      this.recorder.refusedRun();
      return this.#report(wokeAt, 0);
    }
    this.#isRunning = true;
    const costMicroUsd = this.#costOfRun(wokeAt);
    const { fixed, mean, variation, max } = runSeconds;
    const seconds = Math.min(max, fixed + this.#random.lognormal(mean, variation));
    timeline.at(wokeAt + seconds * secondMs, () => this.#finish(wokeAt, costMicroUsd));
  }

  #costOfRun(time: number): number {
    const { costUsd, costVariation = costVariationUsual, bursts = [] } = this.#about;
    const factor = bursts.find((burst) => isWithin(time, burst))?.factor ?? 1;
    return Math.round(factor * this.#random.lognormal(valueAt(costUsd, time) * microUsdPerUsd, costVariation));
  }

  #finish(wokeAt: number, costMicroUsd: number): void {
    const { timeline, quota } = this.#stage;
    this.#isRunning = false;
    quota.charge(timeline.now, this.model, costMicroUsd);
    this.recorder.use(timeline.now, 'autonomy', costMicroUsd);
    this.#report(wokeAt, costMicroUsd);
  }

  #report(wokeAt: number, costMicroUsd: number): void {
    const { timeline, controller } = this.#stage;
    const { now } = timeline;
    const { name } = this.#about;
    this.#unreported.push({ time: now, costMicroUsd });
    const use = { name, mode: 'autonomy', costMicroUsd: this.#takeReportable(now), model: this.model } as const;
    const intervalSeconds = controller.report(now, use);
    this.recorder.interval(now, intervalSeconds);
    this.#pausedUntil = Math.max(this.#pausedUntil, controller.pausedUntil?.(name) ?? 0);
    const keptSeconds = this.#intervalKept(intervalSeconds);
    this.#planRun(Math.max(wokeAt + keptSeconds * secondMs, now + restSeconds * secondMs));
    this.#waitFor(wokeAt);
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
    const { ignoresSeconds, wantsSeconds } = this.#about;
    if (ignoresSeconds !== undefined || wantsSeconds !== undefined) return;
    this.#askLater(wait, wokeAt, recheckSeconds * secondMs);
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
    this.recorder.recheck(now, intervalSeconds);
    this.#planRun(Math.max(wokeAt + intervalSeconds * secondMs, now + startSeconds * secondMs));
  }
}
