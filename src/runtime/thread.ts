/**
 * A worker thread that answers requests, as both of its sides see it: `Thread` starts one and asks it, `serveThread` is the body of
 * its entry point. Errors come back as what they are, and nobody waits for a thread that has ended.
 */
import { parentPort, type ResourceLimits, Worker } from 'node:worker_threads';
import { received, type SentError, sendable } from './thread-error.js';

export interface ThreadOptions {
  readonly resourceLimits?: ResourceLimits;
  /** What requests fail with when the thread ends before it answers. */
  readonly whenEnded: () => Error;
}

interface Call<Request> {
  readonly id: number;
  readonly request: Request;
}

/** Ends a request that is under way. */
interface GiveUp {
  readonly giveUp: number;
}

interface Reply<Answer, Progress> {
  readonly id: number;
  readonly value?: Answer;
  readonly error?: SentError;
  readonly progress?: Progress;
}

interface PendingCall<Answer, Progress> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

export class Thread<Request, Answer, Progress = never> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PendingCall<Answer, Progress>>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor(entry: URL, { resourceLimits, whenEnded }: ThreadOptions) {
    this.#worker = new Worker(entry, { execArgv: [], ...(resourceLimits === undefined ? {} : { resourceLimits }) });
    this.#worker.on('message', (reply: Reply<Answer, Progress>) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(whenEnded()));
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  ask(request: Request, onProgress?: (progress: Progress) => void): Promise<Answer> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, request } satisfies Call<Request>);
    });
  }

  /** As `ask`, yielding the progress. Told by the signal, the thread gives the request up. */
  async *follow(request: Request, signal?: AbortSignal): AsyncGenerator<Progress, Answer> {
    const reached: Progress[] = [];
    let wake: () => void = () => undefined;
    let isOver = false;
    const answer = this.ask(request, (progress) => {
      reached.push(progress);
      wake();
    });
    const over = () => {
      isOver = true;
      wake();
    };
    answer.then(over, over);
    const giveUp = () => this.#worker.postMessage({ giveUp: this.#lastId } satisfies GiveUp);
    signal?.addEventListener('abort', giveUp);
    try {
      while (!isOver || reached.length > 0) {
        const progress = reached.shift();
        if (progress !== undefined) yield progress;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      return await answer;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive({ id, value, error, progress }: Reply<Answer, Progress>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (progress !== undefined) return waiting.onProgress?.(progress);
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(value as Answer);
    else waiting.reject(received(error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** A request under way in its thread. */
export class Task<Progress = never> {
  readonly #id: number;
  #controller: AbortController | null = null;

  constructor(id: number) {
    this.#id = id;
  }

  /** Made when it is wanted: most requests are answered at once. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  report(progress: Progress): void {
    parentPort?.postMessage({ id: this.#id, progress } satisfies Reply<never, Progress>);
  }

  giveUp(): void {
    this.#controller ??= new AbortController();
    this.#controller.abort();
  }
}

/** `handedOver`: memory of an answer that is moved to who asked, where it would otherwise be copied. */
export function serveThread<Request, Answer, Progress = never>(
  answerTo: (request: Request, task: Task<Progress>) => Answer | Promise<Answer>,
  handedOver: (request: Request, answer: Answer) => ArrayBuffer[] = () => [],
): void {
  const underWay = new Map<number, Task<Progress>>();
  const reply = (sent: Reply<Answer, never>, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(sent, transfer);
  const fail = (id: number, error: unknown) => reply({ id, error: sendable(error) });
  const settle = async (id: number, request: Request, answer: Promise<Answer>) => {
    try {
      const value = await answer;
      reply({ id, value }, handedOver(request, value));
    } catch (error) {
      fail(id, error);
    }
    underWay.delete(id);
  };
  parentPort?.on('message', (message: Call<Request> | GiveUp) => {
    if ('giveUp' in message) return underWay.get(message.giveUp)?.giveUp();
    const { id, request } = message;
    try {
      const task = new Task<Progress>(id);
      const value = answerTo(request, task);
      if (value instanceof Promise) {
        underWay.set(id, task);
        return void settle(id, request, value);
      }
      reply({ id, value }, handedOver(request, value));
    } catch (error) {
      fail(id, error);
    }
  });
}
