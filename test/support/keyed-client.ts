/** Clients that send made commands under keys until each is answered, whichever daemon answers, and keep the answers. */
import { isDeepStrictEqual } from 'node:util';
import { chainFault, genesisHash } from '../../src/events/chain.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import { MixedHistory } from './mixed.js';

interface Answer {
  readonly status: string;
  readonly seq?: number;
  readonly id?: string;
}

export class KeyedClients {
  /** Answers by key. */
  readonly answers = new Map<string, Answer>();
  #running = true;
  readonly #clients: Promise<void>[];

  /** `url` is asked before every attempt: where a daemon is said to be at the moment. */
  constructor(count: number, seed: number, url: (client: number) => string) {
    this.#clients = Array.from({ length: count }, (_, client) => this.#run(client, seed, url));
  }

  /** Ends when everything sent is answered. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  async #run(client: number, seed: number, url: (client: number) => string): Promise<void> {
    const history = new MixedHistory(seed + client);
    for (let n = 0; this.#running; n++) {
      const commands = history.next(1 + (n % 7)).map((command, i) => ({ ...command, key: `c${client}-${n}-${i}` }));
      let answers = await send(url(client), commands);
      while (answers === null) answers = await send(url(client), commands);
      history.answered(answers);
      for (const [i, answer] of answers.entries()) this.answers.set((commands[i] as { key: string }).key, answer);
    }
  }
}

/** Null: it is not known what became of them; the same commands are to be sent again. */
async function send(url: string, commands: readonly object[]): Promise<Answer[] | null> {
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(commands),
      signal: AbortSignal.timeout(20_000),
    });
    const body = await response.json();
    if (response.ok) return body as Answer[];
    if (response.status !== 503) throw new TypeError(`${response.status} ${JSON.stringify(body)}`);
  } catch (error) {
    if (error instanceof TypeError && /^\d/.test(error.message)) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return null;
}

/** What is wrong with a log, against what clients were answered; empty when every answer is true and every key there once. */
export function faultsOf(events: readonly StoredEvent[], answers: ReadonlyMap<string, Answer>): string[] {
  const faults: string[] = [];
  let previous: Parameters<typeof chainFault>[0] = { seq: 0, hash: genesisHash, recorded_at: 0 };
  const main = new Map<string, number[]>();
  for (const event of events) {
    const fault = chainFault(previous, event);
    if (fault !== null) faults.push(`seq ${event.seq}: ${fault}`);
    previous = event;
    if (event.key !== null) main.set(event.key, [...(main.get(event.key) ?? []), event.seq]);
  }
  for (const [key, seqs] of main) {
    // One command may result in several events; they stand together, as one transaction wrote them.
    if (
      !isDeepStrictEqual(
        seqs,
        Array.from(seqs, (_, i) => (seqs[0] as number) + i),
      )
    ) {
      faults.push(`${key} is at ${seqs.join(', ')}`);
    }
  }
  for (const [key, { status, seq, id }] of answers) {
    if (seq === undefined) {
      if (status === 'recorded') faults.push(`${key} was recorded without a receipt`);
      continue;
    }
    const event = events[seq - 1];
    if (event?.key !== key || event.id !== id) faults.push(`${key} was answered seq ${seq}, which is another event`);
  }
  return faults;
}
