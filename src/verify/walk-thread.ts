/** Threads that help to walk a long chain, each with a view of the database of its own. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { openEngine } from '../engines/open.js';
import { received, type SentError, sendable } from '../engines/thread-error.js';
import { type Break, type Walk, walkRanges } from './walk-ranges.js';

/** Of fewer, half are walked before a thread has started. */
const eventsWorthThreads = 50_000;
/** Beside the calling one. Each takes about 60 MB. */
const threadsMax = 2;

/** As many as are worth starting for so many events. */
export function walkThreads(events: number, database: string): WalkThread[] {
  const length = events < eventsWorthThreads ? 0 : Math.min(availableParallelism() - 1, threadsMax);
  return Array.from({ length }, () => new WalkThread(database));
}

type Answer = { readonly broken: Break | null } | { readonly error: SentError };

export class WalkThread {
  readonly #worker: Worker;
  #receive: (answer: Answer) => void = () => undefined;
  #ended: Error | null = null;

  constructor(database: string) {
    this.#worker = new Worker(new URL('./walk-worker.js', import.meta.url), { workerData: database, execArgv: [] });
    this.#worker.on('message', (answer: Answer) => this.#receive(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('a thread that walked the log has ended')));
  }

  /** The first break in the ranges that the thread took. One walk at a time. */
  async walk(walk: Walk): Promise<Break | null> {
    if (this.#ended !== null) throw this.#ended;
    const answer = await new Promise<Answer>((resolve) => {
      this.#receive = resolve;
      this.#worker.postMessage(walk);
    });
    if ('error' in answer) throw received(answer.error);
    return answer.broken;
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    this.#worker.postMessage(null);
    await once(this.#worker, 'exit');
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#receive({ error: sendable(this.#ended) });
  }
}

/** Body of the thread: opens the database it was told of, and answers each walk with a break; null ends it. */
export function serveWalks(): void {
  const engine = openEngine(workerData as string, 'reader', { inline: true });
  engine.catch(() => undefined);
  const answerTo = async (walk: Walk): Promise<Answer> => {
    try {
      const steps = walkRanges(await engine, walk);
      let step = await steps.next();
      while (step.done !== true) step = await steps.next();
      return { broken: step.value };
    } catch (error) {
      return { error: sendable(error) };
    }
  };
  parentPort?.on('message', async (walk: Walk | null) => {
    if (walk !== null) return parentPort?.postMessage(await answerTo(walk));
    parentPort?.close();
    await engine.then(
      (opened) => opened.close(),
      () => undefined,
    );
  });
}
