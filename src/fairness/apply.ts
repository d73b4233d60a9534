/**
 * `apply(state, event)`: what each thing that happens to a pool changes in what the controller knows. It changes the
 * state it is given; nothing else does. Times are those at which things were recorded. "How it works, part by part" in
 * docs/concepts/fair-share.md.
 */
import type { FairEvent, MemberFacts } from './fair-event.js';
import { beginPeriod, fairnessWindow, levelAtJoining, omegaOf, reweigh } from './level.js';
import { moveBack } from './moved-clock.js';
import { defaultPolicy, isByRun, type Policy, ruleOf } from './policy.js';
import { learnPresence, newPresence, presentUntil } from './presence.js';
import { beginRun, closeRun } from './runs.js';
import { type FairState, hourMs, type Member, smallPool } from './state.js';
import { corrected, type Issued, told, used } from './use.js';
import { isMeasured, newWindow, roll, setRule } from './window.js';
import { exhaust, forgetReading, readWindow, type WindowReading } from './window-reading.js';

export function emptyFairState(policy: Policy = defaultPolicy): FairState {
  const state: FairState = { policy, members: new Map(), windows: new Map(), groups: new Map(), hour: 0, revision: 0 };
  for (const rule of policy.windows) state.windows.set(rule.key, newWindow(policy, rule.key, 0, null));
  return state;
}

export function apply(state: FairState, event: FairEvent): void {
  if (event.type === 'clock') moveBack(state, event.from, event.to);
  passTime(state, event.at);
  if (changesPlans(state, event)) state.revision += 1;
  switch (event.type) {
    case 'used':
      return used(state, event);
    case 'member':
      return joined(state, event.member, event.at);
    case 'paused':
      return change(state, event.key, event.at, (member) => {
        member.pausedUntil = event.until ?? Number.MAX_SAFE_INTEGER;
      });
    case 'resumed':
      return change(state, event.key, event.at, (member) => {
        member.pausedUntil = null;
      });
    case 'left':
      return change(state, event.key, event.at, (member) => {
        member.retired = true;
      });
    case 'merged':
      return merged(state, event.from, event.into, event.at);
    case 'advised':
      return tell(state, event.key, event, event.at);
    case 'corrected':
      return corrected(state, event.use, event.at);
    case 'read':
      for (const reading of event.windows) read(state, reading, event.measuredAt, event.at, event.event);
      return;
    case 'unread':
      for (const window of state.windows.values()) forgetReading(state.policy, window, event.event, event.at);
      return;
    case 'turn':
      return turn(state, event.key, event.turn, event.ends, event.at);
    case 'forgotten':
      state.members.delete(event.key);
      return;
    case 'unwatched':
      state.windows.delete(event.window);
      return;
    case 'exhausted':
      return exhaust(state.policy, windowOf(state, event.window, event.at, null), event.until, event.at);
    case 'clock':
      return;
    case 'policy':
      return setPolicy(state, event.policy, event.at);
  }
}

/**
 * Whether plans no longer hold. They do while agents use and ask, while those come and go who have no share, and for the others
 * when somebody joins a pool that is not small.
 */
function changesPlans({ members }: FairState, event: FairEvent): boolean {
  switch (event.type) {
    case 'used':
    case 'advised':
    case 'turn':
      return false;
    case 'member':
      return members.has(event.member.key) || members.size < smallPool;
    case 'left':
    case 'forgotten':
      return members.has(event.key);
    default:
      return true;
  }
}

/** Hours that have ended teach presence, and windows that have ended reset, before anything else counts. */
function passTime(state: FairState, at: number): void {
  const hour = Math.floor(at / hourMs);
  if (hour > state.hour) {
    state.hour = hour;
    for (const member of state.members.values()) learnPresence(member, hour * hourMs);
  }
  for (const window of state.windows.values()) {
    if (!roll(state.policy, window, at)) continue;
    state.revision += 1;
    if (window === fairnessWindow(state)) beginPeriod(state, at);
  }
}

/** Notes what a member was told, in seconds; `blocked` where that was a wait for a full window. */
export function tell(state: FairState, key: string, answer: Issued, at: number): void {
  change(state, key, at, (member) => told(member, answer, at));
}

function turn(state: FairState, key: string, id: string, ends: boolean, at: number): void {
  if (!isByRun(state.policy)) return;
  change(state, key, at, (member) => {
    if (ends) closeRun(member, id);
    else beginRun(member, id, at);
  });
}

function joined(state: FairState, facts: MemberFacts, at: number): void {
  const omega = omegaOf(state.policy, facts.weight, facts.multiplier);
  const present = state.members.get(facts.key);
  if (present !== undefined) {
    learnPresence(present, at);
    reweigh(present, omega);
    present.weight = facts.weight;
    present.multiplier = facts.multiplier;
    present.model = facts.model ?? present.model;
    present.group = facts.group ?? null;
    present.groupWeight = facts.groupWeight ?? 1;
    present.intervalSecondsMin = facts.intervalSecondsMin ?? null;
    present.pausedUntil = facts.pausedUntil ?? null;
    present.retired = false;
    return;
  }
  const last = [...state.members.keys()].at(-1) ?? '';
  state.members.set(facts.key, {
    key: facts.key,
    name: facts.name,
    weight: facts.weight,
    multiplier: facts.multiplier,
    model: facts.model,
    intervalSecondsMin: facts.intervalSecondsMin ?? null,
    group: facts.group ?? null,
    groupWeight: facts.groupWeight ?? 1,
    joinedAt: at,
    retired: false,
    pausedUntil: facts.pausedUntil ?? null,
    omega,
    used: omega * levelAtJoining(state, facts, omega, at),
    autonomy: 0,
    collaboration: 0,
    wakeCost: 0,
    wakes: 0,
    lastAt: null,
    lastWasCollaboration: false,
    issued: null,
    recommended: null,
    ratio: 1,
    gap: 0,
    gaps: 0,
    presence: newPresence(at),
    run: null,
    runLength: null,
    blocked: false,
    toldRate: null,
    unanswered: false,
    toldAt: null,
    past: null,
    block: null,
  });
  if (facts.key < last) sortMembers(state);
}

function sortMembers(state: FairState): void {
  const sorted = [...state.members].sort(([a], [b]) => (a < b ? -1 : 1));
  state.members.clear();
  for (const [key, member] of sorted) state.members.set(key, member);
}

/** Two names were one member: their use adds up, and what was learnt of the busier one stays. */
function merged(state: FairState, from: string, into: string, at: number): void {
  const gone = state.members.get(from);
  const member = state.members.get(into);
  state.members.delete(from);
  for (const { used } of state.windows.values()) {
    const moved = used.get(from);
    if (moved === undefined) continue;
    used.delete(from);
    used.set(into, (used.get(into) ?? 0) + moved);
  }
  if (gone === undefined || member === undefined) return;
  learnPresence(member, at);
  // Not its `used`: that began at the others' level, which this member has already.
  member.used += gone.autonomy + state.policy.collaboration_charge * gone.collaboration;
  member.autonomy += gone.autonomy;
  member.collaboration += gone.collaboration;
  if (gone.wakes > member.wakes) {
    member.wakeCost = gone.wakeCost;
    member.wakes = gone.wakes;
  }
  if (gone.lastAt === null || (member.lastAt !== null && member.lastAt >= gone.lastAt)) return;
  member.lastAt = gone.lastAt;
  member.lastWasCollaboration = gone.lastWasCollaboration;
  member.issued = gone.issued;
  member.recommended = gone.recommended;
  member.blocked = gone.blocked;
  member.run = gone.run;
  member.presence.until = presentUntil(member);
}

function change(state: FairState, key: string, at: number, how: (member: Member) => void): void {
  const member = state.members.get(key);
  if (member === undefined) return;
  learnPresence(member, at);
  how(member);
  member.presence.until = presentUntil(member);
}

function read(state: FairState, reading: WindowReading, measuredAt: number, at: number, event: string): void {
  const window = windowOf(state, reading.key, at, reading.lengthSeconds);
  const began = readWindow(state.policy, window, reading, measuredAt, at, event);
  if (began && window === fairnessWindow(state)) beginPeriod(state, at);
}

function windowOf(state: FairState, key: string, at: number, lengthSeconds: number | null) {
  let window = state.windows.get(key);
  if (window === undefined) {
    window = newWindow(state.policy, key, at, lengthSeconds);
    state.windows.set(key, window);
  }
  return window;
}

/** Changes the future only: what was used, read and told stays as it is. */
function setPolicy(state: FairState, policy: Policy, at: number): void {
  state.policy = policy;
  for (const member of state.members.values()) reweigh(member, omegaOf(policy, member.weight, member.multiplier));
  const listed = new Set(policy.windows.map(({ key }) => key));
  for (const window of state.windows.values()) {
    if (listed.has(window.key)) continue;
    if (isMeasured(window)) setRule(window, ruleOf(policy, window.key, window.lengthMs / 1_000), at);
    else state.windows.delete(window.key);
  }
  for (const { key } of policy.windows) {
    const window = state.windows.get(key);
    if (window === undefined) state.windows.set(key, newWindow(policy, key, at, null));
    else setRule(window, ruleOf(policy, key, null), at);
  }
}
