/** A ledger with an outbox that delivers, behind the routes of a server, with a clock that stands until a test moves it. */
import { buildServer } from '../../src/api/server.js';
import type { CommandOf } from '../../src/events/command.js';
import { Outbox, type OutboxSettings } from '../../src/outbox/outbox.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { silent } from '../api/support.js';
import { variant } from './engines.js';
import type { Scope } from './folder.js';
import { type LedgerOptions, type TestLedger, temporaryLedger } from './ledger.js';

export interface Delivery {
  readonly id: string;
  readonly endpoint: string;
  readonly seq: number;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly next_at: string | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly reply?: string | null;
}

interface Made {
  readonly id: string;
  readonly secret: string;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export class OutboxWorld {
  readonly test: TestLedger;
  readonly outbox: Outbox;
  readonly app: ReturnType<typeof buildServer>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  readonly #isShared: boolean;

  private constructor(test: TestLedger, settings: OutboxSettings, isShared: boolean) {
    this.test = test;
    this.#isShared = isShared;
    this.outbox = new Outbox(test.ledger, settings);
    this.app = buildServer(test.ledger, { ...silent, outbox: this.outbox });
    this.#ended = this.outbox.run(quiet, this.#stop.signal);
  }

  static async start(t: Scope, options: LedgerOptions & OutboxSettings = {}): Promise<OutboxWorld> {
    const test = await temporaryLedger(t, options);
    const world = new OutboxWorld(
      test,
      { allowHosts: '127.0.0.1', ...options },
      (options.engine ?? variant).name === 'postgres',
    );
    t.teardown(() => world.stop());
    return world;
  }

  /** As a process that ends does. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the daemon stops'));
    await this.#ended;
    await this.app.close();
    await this.test.close();
  }

  async post<T = Made>(path: string, body: object = {}): Promise<T> {
    const headers = { host: 'localhost' };
    const answer = await this.app.inject({ method: 'POST', url: `/v1/${path}`, payload: body, headers });
    return answer.json() as T;
  }

  async get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    const answer = await this.app.inject({ url: `/v1/${path}`, headers: { host: 'localhost', ...headers } });
    return answer.json() as T;
  }

  add(url: string, more: object = {}): Promise<Made> {
    return this.post('webhook-endpoints', { url, ...more });
  }

  /** Oldest first. */
  async deliveries(query = ''): Promise<readonly Delivery[]> {
    const found = await this.get<{ deliveries: readonly Delivery[] }>(`webhook-deliveries?limit=1000${query}`);
    return [...found.deliveries].reverse();
  }

  async alert(key: string, text = 'look at this'): Promise<void> {
    await this.test.record(alert(key, text));
  }

  /** Whether nobody waits for the clock but who looks now and then: the outbox, each of its endpoints, and a node for others. */
  async #isIdle(): Promise<boolean> {
    const working = (await this.outbox.list()).filter(({ disabledAt }) => disabledAt === null);
    return this.test.clock.waiting === 1 + working.length + (this.#isShared ? 1 : 0);
  }

  /** Resolves when the deliveries are as they are to be. Time passes where the next of them is to be sent later, and up to then. */
  async until(isIt: (found: readonly Delivery[]) => boolean): Promise<readonly Delivery[]> {
    const { clock } = this.test;
    for (let looks = 0; looks < 10_000; looks += 1) {
      const found = await this.deliveries();
      if (isIt(found)) return found;
      const next = Date.parse(found.find(({ state }) => state === 'waiting')?.next_at ?? '');
      if (next > clock.now() && (await this.#isIdle())) clock.advance(next - clock.now());
      await nextTurn();
    }
    throw new Error(`still ${JSON.stringify(await this.deliveries())}`);
  }
}

export const alert = (key: string, text = 'look at this'): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: { rule: 'tried', subject: 'a test', text, dedupe_key: key },
  actor: 'local',
  source: 'test/1',
});

export const allDelivered =
  (count: number) =>
  (found: readonly Delivery[]): boolean =>
    found.length >= count && found.every(({ state }) => state === 'delivered');
