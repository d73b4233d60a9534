/** A made-up life in a ledger behind a server, looked at by every surface that shows the status of a pool. */

import { stripVTControlCharacters } from 'node:util';
import { statusBody } from '../../src/cli/status/body.js';
import { printStatus } from '../../src/cli/status/print.js';
import type { Engine } from '../../src/engines/engine.js';
import type { LedgerEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { momentOf } from '../../src/ledger/history.js';
import { LedgerView } from '../../src/ledger/view.js';
import { systemClock } from '../../src/runtime/clock.js';
import { statusOf } from '../../src/status/status.js';
import { type TestServer, testServer } from '../api/support.js';
import { variant } from './engines.js';
import type { Scope } from './folder.js';
import type { Life } from './lives.js';
import { Living } from './living.js';
import { type Content, follow } from './sealed.js';

export interface Window {
  readonly window: string;
  readonly percent: number | null;
  readonly percent_deviation: number | null;
  readonly read_percent: number | null;
  readonly read_at: string | null;
  readonly exhausted: boolean;
  readonly resets_at: string | null;
}

export interface Sharer {
  readonly name: string;
  readonly share: number;
  readonly used_usd: number;
  readonly autonomous_usd: number;
  readonly balance_usd: number;
  readonly interval_s: number | null;
  readonly would_be_s: number;
  readonly next_run_at: string | null;
  readonly state: string;
  readonly blocked_by: readonly string[];
  readonly reason: string;
  readonly mode?: string;
  readonly conduct: string | null;
}

export interface Claude {
  readonly name: string;
  readonly is_paused: boolean;
  readonly total_usage: number;
  readonly weekly_total: number;
  readonly next_prompt_due: string;
  readonly recent_interval: number | null;
  readonly share: number | null;
  readonly balance: number | null;
  readonly state: string;
  readonly interval_reason: string | null;
}

export interface Advised {
  readonly may_run: boolean;
  readonly wait_s: number | null;
  readonly next_run_at: string | null;
  readonly told_interval_s: number | null;
  readonly state: string;
  readonly figures: {
    readonly used_micro_usd: number;
    readonly balance_micro_usd: number;
    readonly share: number;
  } | null;
}

/** What all surfaces say at one instant. */
export interface Looks {
  readonly at: number;
  readonly page: string;
  readonly fairness: {
    readonly windows: readonly Window[];
    readonly identities: readonly Sharer[];
    readonly at: string;
  };
  readonly dashboard: {
    readonly quota: Readonly<Record<string, number | string | null>> | null;
    readonly quota_metrics: { readonly last_24hr_cost: number };
    readonly forecasts: readonly Window[];
    readonly claudes: readonly Claude[];
    readonly generated_at: string;
  };
  readonly json: { readonly windows: readonly Window[]; readonly identities: readonly Sharer[]; readonly at: string };
  /** What `fair status` prints. */
  readonly text: string;
  readonly overdue: readonly { readonly name: string }[];
  readonly registered: number;
  /** By name: of everybody on the dashboard. */
  readonly advice: ReadonlyMap<string, Advised>;
}

/** One server with a pool for each world, and the same database opened for reading as the command line does. */
export class StatusWorlds {
  readonly #server: TestServer;
  readonly #reader: Engine;

  private constructor(server: TestServer, reader: Engine) {
    this.#server = server;
    this.#reader = reader;
  }

  static async open(t: Scope): Promise<StatusWorlds> {
    const server = await testServer(t);
    const reader = await variant.open(server.place, 'reader');
    t.teardown(() => reader.close());
    return new StatusWorlds(server, reader);
  }

  async add(name: string, life: Life): Promise<StatusWorld> {
    const pool = name as PoolId;
    await this.#server.ledger.addEmptyPool(pool);
    return new StatusWorld(this.#server, this.#reader, pool, new Living(life).fold.events);
  }
}

export class StatusWorld {
  readonly #server: TestServer;
  readonly #reader: Engine;
  readonly #pool: PoolId;
  readonly #events: readonly LedgerEvent[];
  #taken = 0;

  constructor(server: TestServer, reader: Engine, pool: PoolId, events: readonly LedgerEvent[]) {
    this.#server = server;
    this.#reader = reader;
    this.#pool = pool;
    this.#events = events;
  }

  /** Lets a part of the life happen, 0 to 1 of its events; the time of the last one. */
  async liveTo(part: number): Promise<number> {
    const upTo = Math.ceil(part * this.#events.length);
    const { ledger } = this.#server;
    const next = this.#events.slice(this.#taken, upTo).map((event) => contentOf(event, this.#pool));
    const events = follow(this.#pool, await ledger.head(this.#pool), ...next);
    await ledger.adopt(this.#pool, events);
    this.#taken = upTo;
    return events.at(-1)?.recorded_at ?? ledger.now();
  }

  async lookAt(at: number): Promise<Looks> {
    this.#server.clock.goTo(at);
    const dashboard = await this.#json<Looks['dashboard']>('/dashboard/json');
    const advice = new Map<string, Advised>();
    for (const { name } of dashboard.claudes) advice.set(name, await this.#json(`/v1/advice/${name}`));
    return {
      at,
      page: await this.#get('/dashboard'),
      fairness: await this.#json('/v1/fairness'),
      dashboard,
      ...(await this.#byCommandLine(at)),
      overdue: (await this.#json<{ overdue: Looks['overdue'] }>('/overdue-claudes')).overdue,
      registered: (await this.#json<{ claudes_registered: number }>('/health')).claudes_registered,
      advice,
    };
  }

  async #get(path: string): Promise<string> {
    const { statusCode, body } = await this.#server.get(`${path}?pool=${this.#pool}`);
    if (statusCode !== 200) throw new Error(`${path}: ${body}`);
    return body;
  }

  #json = async <T>(path: string): Promise<T> => JSON.parse(withZ(await this.#get(path))) as T;

  async #byCommandLine(at: number): Promise<Pick<Looks, 'json' | 'text'>> {
    const clock = { ...systemClock, now: () => at };
    const view = await LedgerView.open(this.#reader, this.#pool, { database: this.#server.place, clock });
    const moment = await momentOf(view, undefined);
    const status = statusOf(moment.state, moment.at);
    const text = printed(() => printStatus(status, undefined));
    const json = JSON.parse(JSON.stringify(statusBody(status, undefined))) as Looks['json'];
    await view.close();
    return { json, text };
  }
}

/** The original wire writes UTC as `+00:00`, all else as `Z`: the same instants. */
export const withZ = (text: string): string => text.replaceAll('+00:00"', 'Z"');

/** Ids are those of the life, which are the same in every pool: the name of the pool makes them different. */
function contentOf({ id, type, version, occurred_at, recorded_at, payload }: LedgerEvent, pool: PoolId): Content {
  const inPool = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"01(\d{24})"/g, (_, rest: string) => `"01${pool}${rest.slice(pool.length)}"`),
    );
  return {
    id: inPool(id),
    type,
    version,
    occurred_at,
    recorded_at,
    payload: inPool(payload as unknown as Record<string, unknown>),
  };
}

/** What something prints on stdout, without colours. */
export function printed(print: () => void): string {
  let text = '';
  const { write } = process.stdout;
  process.stdout.write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  try {
    print();
  } finally {
    process.stdout.write = write;
  }
  return stripVTControlCharacters(text);
}
