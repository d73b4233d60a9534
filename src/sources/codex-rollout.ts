/**
 * Rollouts of Codex, `sessions/YYYY/MM/DD/rollout-*.jsonl`, as Codex 0.171 and clients before it write them, and what
 * `codex exec --json` prints. A response is told by a `token_usage_record`; the `token_count` beside it says the same as a running
 * total, which is used only where no record was written.
 */

import { addCodexLimits } from './codex-limits.js';
import { type CodexCounts, codexCounts, grown, isSame, noTotals, type TotalsState } from './codex-totals.js';
import { keptText } from './credentials.js';
import { instantOf, type JsonObject, objectOf, parseObject } from './json.js';
import { eachLine } from './lines.js';
import { openAiTokens } from './provider-tokens.js';
import { Skipped } from './skipped.js';
import type { Links, Observation, ReadContext, Source, UseSeen } from './source.js';
import { WindowsSeen } from './windows-seen.js';

export const codexRollout: Source = {
  format: 'codex-rollout',
  version: 1,
  unit: 'lines',
  accepts: (path) => path.toLowerCase().endsWith('.jsonl'),
  read(input, context) {
    const reader = new RolloutReader(context);
    const consumed = eachLine(input, context.mayGrow === true, reader.skipped, (line) => reader.take(line));
    const { observations, skipped, state } = reader;
    return { observations, skipped: skipped.counts, refused: null, consumed, state };
  },
  combine: (observations, links = {}) => withRootsOfForks(observations, { ...links, ...parentsIn(observations) }),
  linksOf: (observations) => parentsIn(observations),
};

/** Most lines are none of these, and are not parsed. */
const markers = [
  '"token_count"',
  '"token_usage_record"',
  '"turn_context"',
  '"session_meta"',
  '"turn.completed"',
  '"thread.started"',
].map((text) => Buffer.from(text));

/** Plain JSON. */
interface RolloutState {
  readonly thread: string | null;
  readonly isFork: boolean;
  /** The thread in which the events that a fork copies began; null before the line that names threads. */
  readonly root: string | null;
  readonly model: string | null;
  readonly cwd?: string | undefined;
  readonly entrypoint?: string | undefined;
  readonly clientVersion?: string | undefined;
  /** Of the newest line that has a time. */
  readonly at: number | null;
  readonly totals: TotalsState;
  /** Whether a record was seen since the last running total, which therefore tells nothing new. */
  readonly isRecorded: boolean;
  /** What was counted by the last running total, of which a record may follow. */
  readonly counted: CodexCounts | null;
}

class RolloutReader {
  readonly observations: Observation[] = [];
  readonly skipped = new Skipped();
  readonly #context: ReadContext;
  state: RolloutState;

  constructor(context: ReadContext) {
    this.#context = context;
    const thread = threadInName(context.path);
    this.state = (context.state as RolloutState | undefined) ?? {
      thread,
      isFork: false,
      root: null,
      model: null,
      at: null,
      totals: noTotals,
      isRecorded: false,
      counted: null,
    };
  }

  take(bytes: Buffer): void {
    if (!markers.some((marker) => bytes.includes(marker))) return;
    const line = parseObject(bytes);
    if (line === null) return this.skipped.add('not-json');
    const payload = objectOf(line.payload);
    const at = instantOf(line.timestamp);
    if (at !== null) this.#keep({ at });
    switch (line.type) {
      case 'session_meta':
        return this.#takeMeta(payload);
      case 'turn_context':
        return this.#takeContext(payload);
      case 'token_usage_record':
        return this.#takeRecord(payload);
      case 'event_msg':
        return payload.type === 'token_count' ? this.#takeCount(payload) : undefined;
      case 'thread.started':
        return this.#keep({ thread: keptText(line.thread_id, this.skipped) });
      case 'turn.completed':
        return this.#takeTotal(line.usage);
    }
  }

  #keep(news: Partial<RolloutState>): void {
    this.state = { ...this.state, ...news };
  }

  /** The first one is of the file; those of other threads behind it were copied from its parent, and from its parent's parent. */
  #takeMeta(payload: JsonObject): void {
    const id = keptText(payload.id, this.skipped);
    const parent = keptText(payload.forked_from_id, this.skipped);
    const { thread, root } = this.state;
    if (id === null) return;
    if (root === null || id === thread) {
      this.#keep({
        thread: id,
        isFork: parent !== null,
        root: root ?? parent ?? id,
        cwd: keptText(payload.cwd, this.skipped) ?? undefined,
        entrypoint: keptText(payload.originator, this.skipped) ?? undefined,
        clientVersion: keptText(payload.cli_version, this.skipped) ?? undefined,
      });
    } else if (id === root && parent !== null) this.#keep({ root: parent });
  }

  #takeContext(payload: JsonObject): void {
    const { model, cwd } = this.state;
    this.#keep({
      model: keptText(payload.model, this.skipped) ?? model,
      cwd: keptText(payload.cwd, this.skipped) ?? cwd,
    });
  }

  #takeRecord(payload: JsonObject): void {
    const counts = this.#countsOf(payload.usage);
    if (counts === null) return;
    const { counted, thread } = this.state;
    this.#keep({ isRecorded: true, counted: null });
    if (counted !== null && this.#wasCounted(counts, counted, payload.thread_token_usage)) {
      return this.skipped.add('counted-by-running-total');
    }
    const response = keptText(payload.response_id, this.skipped);
    const turn = keptText(payload.turn_id, this.skipped);
    const session = keptText(payload.thread_id, this.skipped) ?? thread;
    this.#use(counts, {
      response,
      ownKey:
        response === null ? `record:${session}:${turn}:${this.state.at}:${Object.values(counts).join(':')}` : null,
      session,
      sessionIsCertain: session !== null,
    });
  }

  /** Whether the running total before a record has told its response already. */
  #wasCounted(counts: CodexCounts, counted: CodexCounts, threadUsage: unknown): boolean {
    const totals = codexCounts(threadUsage);
    const isTold = totals !== null && typeof totals !== 'string';
    return isTold ? isSame(totals, this.state.totals.totals) : isSame(counts, counted);
  }

  #takeCount(payload: JsonObject): void {
    const info = objectOf(payload.info);
    if (info.total_token_usage !== undefined) this.#takeRunningTotal(info);
    const { at, cwd, entrypoint, clientVersion } = this.state;
    const windows = new WindowsSeen({ at: at ?? this.#context.at }, this.skipped);
    addCodexLimits(windows, payload.rate_limits, at);
    const place = { cwd, entrypoint, clientVersion };
    this.observations.push(...windows.readings('codex-rollout', { measuredAt: at, place }));
  }

  #takeRunningTotal(info: JsonObject): void {
    const totals = this.#countsOf(info.total_token_usage);
    if (totals === null) return;
    const last = codexCounts(info.last_token_usage);
    const { isFork, isRecorded, root, thread } = this.state;
    const found = grown(this.state.totals, totals, typeof last === 'string' ? null : last, isFork);
    if (found === null) return;
    this.#keep({ totals: found.state, isRecorded: false, counted: isRecorded ? null : found.growth });
    if (isRecorded || Object.values(found.growth).every((count) => count === 0)) return;
    const family = (found.state.goesOn ? thread : root) ?? thread ?? this.#context.path;
    this.#use(found.growth, {
      response: null,
      ownKey: `${totalsKey}${family}:${found.state.sequence}`,
      session: thread,
      sessionIsCertain: thread !== null && (!isFork || found.state.goesOn),
    });
  }

  #takeTotal(usage: unknown): void {
    const counts = this.#countsOf(usage);
    const session = this.state.thread;
    if (counts === null) return;
    if (session === null) return this.skipped.add('no-session');
    const read = tokensOf(counts);
    if ('reason' in read) return this.skipped.add(read.reason);
    this.observations.push({ kind: 'total', session, occurredAt: null, costUsd: null, tokens: read.tokens, place: {} });
  }

  #countsOf(usage: unknown): CodexCounts | null {
    const counts = codexCounts(usage);
    if (counts !== null && typeof counts !== 'string') return counts;
    this.skipped.add(counts ?? 'no-counts');
    return null;
  }

  #use(counts: CodexCounts, ids: Pick<UseSeen, 'response' | 'ownKey' | 'session' | 'sessionIsCertain'>): void {
    const read = tokensOf(counts);
    if ('reason' in read) return this.skipped.add(read.reason);
    const { at, model, cwd, entrypoint, clientVersion } = this.state;
    this.observations.push({
      kind: 'use',
      provider: 'openai',
      request: null,
      part: null,
      sidechain: false,
      rank: 'final',
      saysSpeed: false,
      tokens: read.tokens,
      occurredAt: at ?? this.#context.at,
      model,
      costUsd: null,
      pricing: {},
      place: { cwd, entrypoint, clientVersion },
      ...ids,
    });
  }
}

const tokensOf = (counts: CodexCounts) =>
  openAiTokens({
    input: counts.input_tokens,
    cacheRead: counts.cached_input_tokens,
    cacheWrite: counts.cache_write_input_tokens,
    output: counts.output_tokens,
    reasoning: counts.reasoning_output_tokens,
  });

/** Of `rollout-2026-02-03T04-05-06-<thread>.jsonl`, where the line that tells it is gone. */
function threadInName(path: string | null): string | null {
  return /([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/i.exec(path?.slice(-64) ?? '')?.[1] ?? null;
}

/**
 * The fork of a fork copies what the first parent wrote, too, and names only the second. Where the file of the second is at hand, it
 * names the first.
 */
function withRootsOfForks(observations: readonly Observation[], links: Links): Observation[] {
  const parents = new Map(Object.entries(links));
  return observations.map((one) => {
    const family = one.kind === 'use' ? familyOf(one) : null;
    if (one.kind !== 'use' || family === null) return one;
    return {
      ...one,
      ownKey: `${totalsKey}${rootOf(family, parents)}${one.ownKey?.slice(totalsKey.length + family.length)}`,
    };
  });
}

/** Threads, and where the events that they copy began. */
function parentsIn(observations: readonly Observation[]): Links {
  const parents = new Map<string, string>();
  for (const one of observations) {
    const family = one.kind === 'use' ? familyOf(one) : null;
    if (one.kind === 'use' && family !== null && one.session !== null) parents.set(one.session, family);
  }
  return Object.fromEntries(parents);
}

/** Keys of responses that running totals tell: this, the thread where they began, and the hash of all totals until then. */
const totalsKey = 'totals:';

const familyOf = ({ ownKey }: UseSeen): string | null =>
  ownKey?.startsWith(totalsKey) ? ownKey.slice(totalsKey.length, ownKey.lastIndexOf(':')) : null;

/** Nobody forks that often; whoever forks in a circle is read to an end, too. */
const forksMax = 64;

function rootOf(family: string, parents: ReadonlyMap<string, string>): string {
  let root = family;
  for (let forks = 0; forks < forksMax; forks += 1) root = parents.get(root) ?? root;
  return root;
}
