/** Submissions to a pool that wait for a transaction. */
import type { Command } from '../events/command.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { AppendFigures } from './append-figures.js';
import type { Outcome, Submission } from './outcome.js';

export interface PendingSubmission {
  readonly submission: Submission;
  /** When it came, by `Clock.elapsed`. */
  readonly since: number;
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: Error) => void;
}

export class Queue {
  readonly #figures: AppendFigures;
  readonly #waiting: PendingSubmission[] = [];
  #commands = 0;
  #closed = false;
  /** `#wake` is called when so many commands wait. */
  #awaited = Number.POSITIVE_INFINITY;
  #wake: () => void = () => undefined;

  constructor(figures: AppendFigures) {
    this.#figures = figures;
  }

  /** Commands that wait. */
  get commands(): number {
    return this.#commands;
  }

  /** What `answerOf` makes of a submission's outcomes, once they are durable. Rejects with a `Problem` when it is full or closed. */
  add<T>(submission: Submission, answerOf: (outcomes: Outcome[]) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Problem('draining'));
    const { length } = submission.commands;
    if (length === 0) return Promise.resolve(answerOf([]));
    if (this.#commands > 0 && this.#commands + length > limits.queueCommandsMax) {
      this.#figures.refuse(length);
      return Promise.reject(new Problem('queue_full', `${this.#commands} commands are waiting`));
    }
    this.#commands += length;
    return new Promise((resolve, reject) => {
      const since = this.#figures.elapsed();
      this.#waiting.push({ submission, since, resolve: (outcomes) => resolve(answerOf(outcomes)), reject });
      if (this.#commands >= this.#awaited) this.#wake();
    });
  }

  /** What is in it stays; nothing more is taken. */
  close(): void {
    this.#closed = true;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Commands of the next batch. */
  peek(): Command[] {
    return commandsOf(this.#waiting.slice(0, this.#batchLength()));
  }

  /** Takes the next batch: as many submissions as one transaction may carry, and always one. */
  take(): PendingSubmission[] {
    const batch = this.#waiting.splice(0, this.#batchLength());
    for (const { submission } of batch) this.#commands -= submission.commands.length;
    return batch;
  }

  /** Waits until so many commands wait, or something else has happened. */
  async waitForDepth(commands: number, otherwise: Promise<void>): Promise<void> {
    if (this.#commands >= commands) return;
    this.#awaited = commands;
    const enough = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([enough, otherwise]);
    this.#awaited = Number.POSITIVE_INFINITY;
  }

  #batchLength(): number {
    let commands = 0;
    let count = 0;
    for (const { submission } of this.#waiting) {
      if (count > 0 && commands + submission.commands.length > limits.batchCommandsMax) break;
      commands += submission.commands.length;
      count += 1;
    }
    return count;
  }
}

const commandsOf = (batch: readonly PendingSubmission[]): Command[] =>
  batch.flatMap(({ submission }) => [...submission.commands]);
