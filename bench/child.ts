/**
 * Work in a process of its own: loads, so that they do not share a thread with what they measure, and whatever memory
 * is measured of. A file that holds such work calls `serveParent` at its end; `startChild` runs it.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child<T> {
  readonly pid: number;
  readonly result: Promise<T>;
  /** Asks it to end; its result is what it has by then. */
  finish(): void;
}

type Answer = { readonly result: unknown } | { readonly failure: string };

/** Runs the work of a file, given by its `import.meta.url`. */
export function startChild<T>(url: string, input: unknown): Child<T> {
  const child = fork(fileURLToPath(url), [], { execArgv: [] });
  child.send({ input });
  const result = new Promise<T>((resolve, reject) => {
    child.once('message', (answer: Answer) => {
      if ('failure' in answer) reject(new Error(answer.failure));
      else resolve(answer.result as T);
    });
    child.once('exit', (code) => reject(new Error(`a process of the benchmark ended with ${code}`)));
  });
  // Whoever waits for it gets the error; until then it is not unhandled.
  result.catch(() => undefined);
  return { pid: child.pid ?? 0, result, finish: () => child.connected && child.send({ finish: true }) };
}

/** In the file that does the work: does it, if this process was started for it. `finished` tells when to end early. */
export function serveParent<I>(url: string, work: (input: I, finished: AbortSignal) => Promise<unknown>): void {
  if (process.send === undefined || process.argv[1] !== fileURLToPath(url)) return;
  const finish = new AbortController();
  const answer = (message: Answer) => process.send?.(message, () => process.exit());
  process.on('message', (message: { input: I } | { finish: true }) => {
    if ('finish' in message) return finish.abort();
    work(message.input, finish.signal).then(
      (result) => answer({ result }),
      (error: Error) => answer({ failure: error.stack ?? error.message }),
    );
  });
}
