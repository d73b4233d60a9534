/** One use a response, of all sights of it: the figures of the best, the time of the first. */
import { isBetter, isSameResponse } from '../events/meter.js';
import type { Observation, UseSeen } from './source.js';

/** All observations, with the sights of one response in the place of the first of them. */
export function combined(observations: readonly Observation[]): Observation[] {
  const known = new KnownResponses();
  const kept: Observation[] = [];
  for (const observation of observations) {
    if (observation.kind !== 'use') {
      kept.push(observation);
      continue;
    }
    const place = known.find(observation);
    if (place === undefined) known.add(observation, kept.push(observation) - 1);
    else {
      const one = merged(kept[place] as UseSeen, observation);
      kept[place] = one;
      known.add(one, place);
    }
  }
  return kept;
}

/** Where the responses are that were seen before, by each of their ids. */
class KnownResponses {
  readonly #places = new Map<string, { readonly use: UseSeen; readonly place: number }[]>();

  find(use: UseSeen): number | undefined {
    for (const id of idsOf(use)) {
      const same = this.#places.get(id)?.find((known) => use.ownKey !== null || isSameResponse(known.use, use));
      if (same !== undefined) return same.place;
    }
    return undefined;
  }

  add(use: UseSeen, place: number): void {
    for (const id of idsOf(use)) {
      const others = (this.#places.get(id) ?? []).filter((known) => known.place !== place);
      this.#places.set(id, [...others, { use, place }]);
    }
  }
}

function idsOf({ provider, response, request, part, ownKey }: UseSeen): string[] {
  const ids: string[] = [];
  if (response !== null) ids.push(`response ${provider} ${part} ${response}`);
  if (request !== null) ids.push(`request ${provider} ${part} ${request}`);
  if (ids.length === 0 && ownKey !== null) ids.push(`own ${provider} ${part} ${ownKey}`);
  return ids;
}

function merged(kept: UseSeen, later: UseSeen): UseSeen {
  const better = isBetter(later, kept) ? later : kept;
  const home = homeOf(kept, later);
  return {
    ...better,
    response: kept.response ?? later.response,
    request: better.request ?? kept.request ?? later.request,
    model: better.model ?? kept.model ?? later.model,
    costUsd: better.costUsd ?? kept.costUsd ?? later.costUsd,
    sidechain: kept.sidechain && later.sidechain,
    occurredAt: Math.min(kept.occurredAt, later.occurredAt),
    session: home.session,
    sessionIsCertain: home.sessionIsCertain,
    place: home.place,
  };
}

/** Whose session it belongs to: a fork repeats what its parent did under its own name, but later. */
function homeOf(kept: UseSeen, later: UseSeen): UseSeen {
  if (kept.sessionIsCertain !== later.sessionIsCertain) return kept.sessionIsCertain ? kept : later;
  return later.occurredAt < kept.occurredAt ? later : kept;
}
