/**
 * What a pool should result in, worked out a second time and in the simplest way: plain maps, one command after the
 * other, no batches, no tables. It knows nothing of the product but its commands.
 */
import type { Command, CommandOf } from '../../src/events/command.js';

interface Agent {
  readonly name: string;
  mergedInto: Agent | null;
  retired: boolean;
}

interface Use {
  readonly agent: Agent;
  readonly mode: string;
  readonly date: string;
  cost: number;
  legacy: number;
  tokens: Map<string, number>;
}

/** One amount on one day; the sum of all of them is what was used. */
interface Entry {
  readonly agent: Agent;
  readonly mode: string;
  readonly date: string;
  readonly tokens: number;
  readonly cost: number;
}

interface Counters {
  cost: number | null;
  tokens: number | null;
}

const fold = (name: string) => name.normalize('NFC').toLowerCase();
const buckets = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output', 'reasoning'];
const futureMs = 300_000;

export class Model {
  zone: string;
  now = 0;
  /** By folded name, in the order they joined. */
  readonly #agents = new Map<string, Agent>();
  readonly #aliases = new Map<string, Agent>();
  readonly #counters = new Map<Agent, Map<string, Counters>>();
  readonly #uses = new Map<string, Use>();
  readonly #keys = new Set<string>();
  readonly #readings = new Map<string, boolean>();
  readonly entries: Entry[] = [];

  constructor(zone: string) {
    this.zone = zone;
  }

  /** `id` is of the event that the ledger says it recorded. False where the model would have refused or ignored it. */
  take(command: Command, id: string | undefined): boolean {
    if (command.key !== undefined && this.#keys.has(command.key)) return false;
    const taken = this.#decide(command, id);
    if (taken && command.key !== undefined) this.#keys.add(command.key);
    return taken;
  }

  #decide(command: Command, id: string | undefined): boolean {
    if (command.occurredAt !== undefined && command.occurredAt > this.now + futureMs) return false;
    switch (command.type) {
      case 'usage.recorded':
        return this.#use(command, id);
      case 'usage.corrected':
        return this.#correct(command);
      case 'identity.registered':
        if (this.#owner(command.payload.name) !== undefined) return false;
        this.#join(command.payload.name);
        return true;
      case 'identity.aliased':
        return this.#alias(command.payload.name, command.payload.alias);
      case 'identity.retired':
      case 'identity.reinstated': {
        const owner = this.#owner(command.payload.name);
        if (owner !== undefined) living(owner).retired = command.type === 'identity.retired';
        return id !== undefined;
      }
      case 'identity.merged':
        return this.#merge(command.payload.from, command.payload.into);
      case 'pool.configured': {
        const moved = this.zone !== command.payload.time_zone;
        this.zone = command.payload.time_zone;
        return moved;
      }
      case 'quota.read':
        if (id !== undefined) this.#readings.set(id, true);
        return true;
      case 'quota.rejected': {
        const stands = this.#readings.get(command.payload.corrects) === true;
        this.#readings.set(command.payload.corrects, false);
        return stands;
      }
      default:
        return id !== undefined;
    }
  }

  /** Tokens and cost by agent, date and mode, without those that are nothing. */
  get daily(): Record<string, [tokens: number, cost: number]> {
    return this.#sums(({ agent, date, mode }) => `${living(agent).name} ${date} ${mode}`);
  }

  /** Tokens and cost by agent. */
  get totals(): Record<string, [tokens: number, cost: number]> {
    return this.#sums(({ agent }) => living(agent).name);
  }

  get readings(): number {
    return [...this.#readings.values()].filter(Boolean).length;
  }

  #sums(labelOf: (entry: Entry) => string): Record<string, [number, number]> {
    const sums: Record<string, [number, number]> = {};
    for (const entry of this.entries) {
      const label = labelOf(entry);
      const [tokens, cost] = sums[label] ?? [0, 0];
      sums[label] = [tokens + entry.tokens, cost + entry.cost];
    }
    return withoutNothing(sums);
  }

  #use({ payload, occurredAt }: CommandOf<'usage.recorded'>, id: string | undefined): boolean {
    const owner = this.#owner(payload.name) ?? this.#join(payload.name);
    const { total_cost_usd: totalCost, total_tokens: totalTokens, session = '' } = payload;
    const tokens = new Map(Object.entries(payload.tokens ?? {}) as [string, number][]);
    let cost = payload.cost_micro_usd ?? Math.floor(((payload.legacy_tokens ?? 0) * 3 + 5) / 10);
    if (totalCost !== undefined || totalTokens !== undefined) {
      const last = this.#lastCounters(owner, session);
      const now = {
        cost: totalCost === undefined ? null : Math.round(totalCost * 1_000_000),
        tokens: totalTokens ?? null,
      };
      if (now.cost !== null) cost = grown(now.cost, last?.cost ?? null);
      if (now.tokens !== null) tokens.set('total', grown(now.tokens, last?.tokens ?? null));
      const own = this.#counters.get(owner) ?? new Map<string, Counters>();
      own.set(session, { cost: now.cost ?? last?.cost ?? null, tokens: now.tokens ?? last?.tokens ?? null });
      this.#counters.set(owner, own);
    }
    if (buckets.some((bucket) => tokens.has(bucket))) tokens.delete('total');
    const use = {
      agent: owner,
      mode: payload.mode,
      date: this.#dateOf(occurredAt ?? this.now),
      cost,
      legacy: payload.legacy_tokens ?? 0,
      tokens,
    };
    if (id !== undefined) this.#uses.set(id, use);
    this.#enter(use, sum(tokens) + use.legacy, cost);
    return true;
  }

  #correct({ payload: { corrects, difference } }: CommandOf<'usage.corrected'>): boolean {
    const use = this.#uses.get(corrects);
    if (use === undefined) return false;
    const cost = use.cost + (difference.cost_micro_usd ?? 0);
    const legacy = use.legacy + (difference.legacy_tokens ?? 0);
    const tokens = new Map(use.tokens);
    for (const [bucket, change] of Object.entries(difference.tokens ?? {}))
      tokens.set(bucket, (tokens.get(bucket) ?? 0) + change);
    if (cost < 0 || legacy < 0 || [...tokens.values()].some((left) => left < 0)) return false;
    if (buckets.some((bucket) => tokens.has(bucket))) tokens.delete('total');
    this.#enter(use, sum(tokens) + legacy - sum(use.tokens) - use.legacy, cost - use.cost);
    Object.assign(use, { cost, legacy, tokens });
    return true;
  }

  #dateOf(at: number): string {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: this.zone }).format(at).slice(0, 10);
  }

  #enter({ agent, mode, date }: Use, tokens: number, cost: number): void {
    this.entries.push({ agent, mode, date, tokens, cost });
  }

  #lastCounters(owner: Agent, session: string): Counters | undefined {
    const own = this.#counters.get(owner)?.get(session);
    if (own !== undefined || owner.mergedInto !== null) return own;
    for (const agent of this.#agents.values()) {
      const found = agent !== owner && living(agent) === owner ? this.#counters.get(agent)?.get(session) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #alias(name: string, alias: string): boolean {
    const owner = this.#owner(name);
    if (owner === undefined || this.#owner(alias) !== undefined) return false;
    this.#aliases.set(fold(alias), living(owner));
    return true;
  }

  #merge(from: string, into: string): boolean {
    const left = this.#owner(from);
    const right = this.#owner(into);
    if (left === undefined || right === undefined || left.mergedInto !== null || left === living(right)) return false;
    if (living(right).retired && !left.retired) return false;
    left.mergedInto = living(right);
    return true;
  }

  #owner(name: string): Agent | undefined {
    return this.#agents.get(fold(name)) ?? this.#aliases.get(fold(name));
  }

  #join(name: string): Agent {
    const agent: Agent = { name: name.normalize('NFC'), mergedInto: null, retired: false };
    this.#agents.set(fold(name), agent);
    return agent;
  }
}

function living(agent: Agent): Agent {
  return agent.mergedInto === null ? agent : living(agent.mergedInto);
}

const grown = (now: number, before: number | null): number => (before === null || now < before ? now : now - before);

const sum = (tokens: Map<string, number>): number => [...tokens.values()].reduce((a, b) => a + b, 0);

export function withoutNothing(sums: Record<string, [number, number]>): Record<string, [number, number]> {
  const kept = Object.entries(sums).filter(([, [tokens, cost]]) => tokens !== 0 || cost !== 0);
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
