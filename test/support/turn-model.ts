/**
 * What should become of turns, worked out in the simplest way: a list of turns, one command after the other. It knows
 * nothing of the product; turns and tokens are what the ledger says they are, and are checked against each other.
 */
export interface ModelTurn {
  readonly id: string;
  agent: string;
  readonly host: string | undefined;
  token: number;
  expiresAt: number;
  ttl: number;
  readonly estimate: number;
  status: 'open' | 'settled' | 'released' | 'expired';
}

export type Verdict = 'done' | 'again' | 'turn_fenced' | 'turn_expired' | 'turn_closed';

export class TurnModel {
  now: number;
  readonly turns: ModelTurn[] = [];
  used = 0;
  /** Agents by name; one that was merged into another stands for it. */
  readonly #into = new Map<string, string>();
  /** Turns of one agent in the order in which it got them. */
  #order = 0;
  readonly #came = new Map<ModelTurn, number>();

  constructor(now: number) {
    this.now = now;
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const turn of this.open()) if (turn.expiresAt <= this.now) turn.status = 'expired';
  }

  open(): ModelTurn[] {
    return this.turns.filter(({ status }) => status === 'open');
  }

  get reserved(): number {
    return this.open().reduce((sum, { estimate }) => sum + estimate, 0);
  }

  agentOf(name: string): string {
    const into = this.#into.get(name);
    return into === undefined ? name : this.agentOf(into);
  }

  held(name: string): ModelTurn[] {
    const agent = this.agentOf(name);
    const came = (turn: ModelTurn) => this.#came.get(turn) ?? 0;
    return this.open()
      .filter((turn) => turn.agent === agent)
      .sort((a, b) => came(a) - came(b));
  }

  /** The turn that an instance has already: of one that gives no host, any. */
  own(name: string, host: string | undefined): ModelTurn | undefined {
    return this.held(name).find((turn) => turn.host === undefined || host === undefined || turn.host === host);
  }

  grant(turn: Omit<ModelTurn, 'status' | 'agent'>, name: string): void {
    const granted: ModelTurn = { ...turn, agent: this.agentOf(name), status: 'open' };
    this.turns.push(granted);
    this.#came.set(granted, this.#order++);
  }

  renew(turn: ModelTurn, token: number, ttl: number | undefined): Verdict {
    const verdict = this.#judge(turn, token, null);
    if (verdict !== 'done') return verdict;
    turn.ttl = ttl ?? turn.ttl;
    turn.expiresAt = this.now + turn.ttl * 1_000;
    return 'done';
  }

  end(turn: ModelTurn, token: number, as: 'settled' | 'released', cost: number): Verdict {
    const verdict = this.#judge(turn, token, as);
    if (verdict !== 'done') return verdict;
    turn.status = as;
    this.used += cost;
    return 'done';
  }

  retire(name: string): void {
    for (const turn of this.held(name)) turn.status = 'released';
  }

  merge(from: string, into: string): void {
    const target = this.agentOf(into);
    for (const turn of this.held(from)) {
      turn.agent = target;
      this.#came.set(turn, this.#order++);
    }
    this.#into.set(from, target);
  }

  #judge(turn: ModelTurn, token: number, as: string | null): Verdict {
    if (turn.token !== token) return 'turn_fenced';
    if (turn.status === as) return 'again';
    if (turn.status === 'expired') return 'turn_expired';
    return turn.status === 'open' ? 'done' : 'turn_closed';
  }
}
