/** One use a response, of all sights of it: the figures of the best, the time of the first. One reading, however often it is repeated. */
import { isBetter, isSameResponse } from '../events/meter.js';
import type { Observation, QuotaSeen, UseSeen } from './source.js';

/** All observations, with the sights of one response in the place of the first of them. */
export function combined(observations: readonly Observation[]): readonly Observation[] {
  const combiner = new Combiner();
  for (const observation of observations) combiner.add(observation);
  return combiner.news;
}

/** Takes observations one by one, and keeps what they show. */
export class Combiner {
  readonly #kept: Observation[] = [];
  /** Of each that is kept, whether it was known before, as well as now. */
  readonly #isKnown: boolean[] = [];
  readonly #byResponse = new Places();
  readonly #byOwnKey = new Places();
  /** Made when the first sight comes that knows the request alone; most sources have none. */
  #byRequest: Places | null = null;
  readonly #readings = new Set<string>();

  /** `known` was seen before: it is no news, until it is seen better. */
  constructor(known: readonly Observation[] = []) {
    for (const observation of known) this.add(observation);
    this.#isKnown.fill(true);
  }

  add(observation: Observation): void {
    if (observation.kind === 'use') this.#addUse(observation);
    else if (observation.kind !== 'quota' || this.#isNewReading(observation)) this.#keep(observation);
  }

  /** What was not known, and what is better known. */
  get news(): readonly Observation[] {
    return this.#kept.filter((_, place) => this.#isKnown[place] === false);
  }

  /** What a later `Combiner` has to know: at most so many of the latest. */
  known(max: number): readonly Observation[] {
    return this.#kept.filter(({ kind }) => kind === 'use' || kind === 'quota').slice(-max);
  }

  #addUse(use: UseSeen): void {
    const place = this.#find(use);
    if (place === undefined) return this.#index(use, this.#keep(use));
    const kept = this.#kept[place] as UseSeen;
    const better = isBetter(use, kept);
    const one = merged(kept, use, better);
    if (one === kept) return;
    this.#kept[place] = one;
    if (better) this.#isKnown[place] = false;
    this.#index(one, place);
  }

  #keep(observation: Observation): number {
    this.#isKnown.push(false);
    return this.#kept.push(observation) - 1;
  }

  #find(use: UseSeen): number | undefined {
    const { response, request, ownKey } = use;
    if (ownKey !== null) return this.#byOwnKey.find(ownKey, (place) => isOfOne(this.#kept[place] as UseSeen, use));
    const isSame = (place: number) => isSameResponse(this.#kept[place] as UseSeen, use);
    const same = response === null ? undefined : this.#byResponse.find(response, isSame);
    if (same !== undefined || request === null) return same;
    if (response === null) this.#byRequest ??= this.#requests();
    return this.#byRequest?.find(request, isSame);
  }

  #index({ response, request, ownKey }: UseSeen, place: number): void {
    if (ownKey !== null) return this.#byOwnKey.add(ownKey, place);
    if (response !== null) this.#byResponse.add(response, place);
    if (request !== null) this.#byRequest?.add(request, place);
  }

  #requests(): Places {
    const places = new Places();
    for (const [place, one] of this.#kept.entries())
      if (one.kind === 'use' && one.ownKey === null && one.request !== null) places.add(one.request, place);
    return places;
  }

  /** A reading that was made once is repeated by each copy of its line. */
  #isNewReading({ measuredAt, source, windows }: QuotaSeen): boolean {
    if (measuredAt === null) return true;
    const id = JSON.stringify([measuredAt, source, windows]);
    if (this.#readings.has(id)) return false;
    this.#readings.add(id);
    return true;
  }
}

/** Where the responses are that have an id; few have it in common. */
class Places {
  readonly #byId = new Map<string, number | number[]>();

  find(id: string, isSame: (place: number) => boolean): number | undefined {
    const places = this.#byId.get(id);
    if (typeof places === 'number') return isSame(places) ? places : undefined;
    return places?.find(isSame);
  }

  add(id: string, place: number): void {
    const places = this.#byId.get(id);
    if (places === undefined) this.#byId.set(id, place);
    else if (typeof places === 'number') {
      if (places !== place) this.#byId.set(id, [places, place]);
    } else if (!places.includes(place)) places.push(place);
  }
}

const isOfOne = (one: UseSeen, other: UseSeen): boolean => one.provider === other.provider && one.part === other.part;

/** `kept` itself where the later sight adds nothing, as most do. */
function merged(kept: UseSeen, later: UseSeen, isLaterBetter: boolean): UseSeen {
  const better = isLaterBetter ? later : kept;
  const home = homeOf(kept, later);
  const response = kept.response ?? later.response;
  const request = requestOf(kept, later);
  const model = better.model ?? kept.model ?? later.model;
  const costUsd = better.costUsd ?? kept.costUsd ?? later.costUsd;
  const sidechain = kept.sidechain && later.sidechain;
  const occurredAt = Math.min(kept.occurredAt, later.occurredAt);
  const addsNothing =
    better === kept &&
    home === kept &&
    response === kept.response &&
    request === kept.request &&
    model === kept.model &&
    costUsd === kept.costUsd &&
    sidechain === kept.sidechain &&
    occurredAt === kept.occurredAt;
  if (addsNothing) return kept;
  const { session, sessionIsCertain, place } = home;
  return {
    ...better,
    response,
    request,
    model,
    costUsd,
    sidechain,
    occurredAt,
    session,
    sessionIsCertain,
    place,
  };
}

/** A sub-agent's record may repeat a response under a request of its own. */
function requestOf(kept: UseSeen, later: UseSeen): string | null {
  if (kept.sidechain && !later.sidechain) return later.request ?? kept.request;
  return kept.request ?? later.request;
}

/** Whose session it belongs to: a fork repeats what its parent did under its own name, but later. */
function homeOf(kept: UseSeen, later: UseSeen): UseSeen {
  if (kept.sessionIsCertain !== later.sessionIsCertain) return kept.sessionIsCertain ? kept : later;
  return later.occurredAt < kept.occurredAt ? later : kept;
}
