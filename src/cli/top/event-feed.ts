/** The newest events of a pool, kept up with by the live feed of the daemon. */
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { DaemonAddress } from '../../client/address.js';
import { openExchange } from '../../client/http.js';
import type { AskDaemon } from '../ask-daemon.js';
import type { ShownEvent } from './screen.js';

const kept = 100;
const retryMs = 1_000;
/** The feed says something now and then also while nothing happens. */
const silenceMsMax = 120_000;

export class EventFeed {
  #events: ShownEvent[] = [];

  /** Newest first. */
  get events(): readonly ShownEvent[] {
    return this.#events;
  }

  /** Those that are there now. */
  async load(ask: AskDaemon, query: string): Promise<void> {
    const { status, body } = await ask(`v1/events?order=desc&limit=${kept}${query}`);
    if (status === 200) this.#events = body.events;
  }

  /** Until the signal is aborted; where the feed breaks off it is asked for again, from where it was. */
  async follow(find: () => DaemonAddress, query: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#read(find, query, signal).catch(() => undefined);
      await wait(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(find: () => DaemonAddress, query: string, signal: AbortSignal): Promise<void> {
    const path = `v1/stream?after_seq=${this.#events[0]?.seq ?? 0}${query}`;
    const request = { method: 'GET', to: find(), path, accept: 'text/event-stream', timeoutMs: silenceMsMax } as const;
    const answer = await openExchange(request, signal);
    for await (const line of createInterface({ input: answer })) {
      if (!line.startsWith('data: ')) continue;
      this.#events.unshift(JSON.parse(line.slice('data: '.length)) as ShownEvent);
      this.#events.length = Math.min(this.#events.length, kept);
    }
  }
}
