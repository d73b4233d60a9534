/**
 * A stream of commands, one JSON object per line, of any length. Lines are parsed and submitted a few hundred at a time;
 * several such batches wait for their commit while the next lines are parsed, and their outcomes are written in order.
 */
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Command } from '../../events/command.js';
import type { PoolId } from '../../events/scalars.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Outcome, rejectedBy } from '../../ledger/outcome.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import type { Clock } from '../../runtime/clock.js';
import { parseJsonText } from '../bodies.js';
import { logFault, problemOf } from '../errors.js';
import { type Line, LineSplitter, overlong } from './lines.js';
import type { OutcomeStream } from './outcome-stream.js';
import { outcomeText } from './outcome-text.js';

const batchLinesMax = 250;
/** Batches of rejected lines hold no commands, and still hold memory. */
const batchesMax = 100;
const retryMs = 20;

export interface IngestionSettings {
  readonly ledger: Ledger;
  readonly pool: PoolId;
  /** Throws a `Problem` where the item is no command, or none that whoever sends it may send. */
  readonly parse: (item: unknown) => Command;
  readonly withAdvice: boolean;
  readonly log: FastifyBaseLogger;
}

/** One slot per line that was not blank: the answer, where the line never became a command. */
type Slot = string | null;

interface Batch {
  readonly slots: Slot[];
  readonly commands: Command[];
}

export class Ingestion {
  readonly #settings: IngestionSettings;
  readonly #output: OutcomeStream;
  #batch: Batch = { slots: [], commands: [] };
  /** Batches that wait for their outcomes, oldest first. */
  #underWay: { readonly commands: number; readonly written: Promise<void> }[] = [];
  #inFlight = 0;
  #lastWritten: Promise<void> = Promise.resolve();

  constructor(settings: IngestionSettings, output: OutcomeStream) {
    this.#settings = settings;
    this.#output = output;
  }

  /** Reads the input to its end and closes the output. What was submitted is recorded even if the input breaks off. */
  async run(input: Readable): Promise<void> {
    const splitter = new LineSplitter(limits.lineBytesMax);
    try {
      for await (const chunk of heard(input, limits.streamSilenceMsMax, this.#settings.ledger.clock)) {
        await this.#take(splitter.push(chunk));
        await this.#output.room();
      }
      await this.#take(splitter.end());
      await this.#lastWritten;
      this.#output.end();
    } catch (error) {
      this.#settings.log.info({ code: (error as { code?: string }).code }, 'a stream of commands broke off');
      this.#output.destroy();
    }
  }

  /** Whatever a chunk completed is submitted with it: a slow sender gets each answer at once. */
  async #take(lines: readonly Line[]): Promise<void> {
    for (const line of lines) {
      this.#add(line);
      if (this.#batch.slots.length >= batchLinesMax) await this.#submit();
    }
    if (this.#batch.slots.length > 0) await this.#submit();
  }

  #add(line: Line): void {
    try {
      const text = textOf(line);
      if (text.trim() === '') return;
      this.#batch.commands.push(this.#settings.parse(parseJsonText(text)));
      this.#batch.slots.push(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#batch.slots.push(outcomeText(rejectedBy(error), false));
    }
  }

  async #submit(): Promise<void> {
    const { slots, commands } = this.#batch;
    this.#batch = { slots: [], commands: [] };
    while (this.#isCrowded(commands.length)) await this.#oldest();
    this.#inFlight += commands.length;
    const outcomes = this.#outcomes(commands);
    this.#lastWritten = this.#lastWritten.then(async () => this.#write(slots, await outcomes));
    this.#underWay.push({ commands: commands.length, written: this.#lastWritten });
  }

  #isCrowded(more: number): boolean {
    if (this.#underWay.length === 0) return false;
    return this.#inFlight + more > limits.streamCommandsInFlightMax || this.#underWay.length >= batchesMax;
  }

  async #oldest(): Promise<void> {
    const oldest = this.#underWay.shift();
    if (oldest === undefined) return;
    await oldest.written;
    this.#inFlight -= oldest.commands;
  }

  /** Never fails: what could not be taken is rejected, with the reason. A full queue is waited for. */
  async #outcomes(commands: readonly Command[]): Promise<readonly Outcome[]> {
    const { ledger, pool, log, withAdvice } = this.#settings;
    for (;;) {
      try {
        return await ledger.submit(pool, { commands, advise: withAdvice });
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === 'queue_full') {
          await ledger.clock.sleep(retryMs);
          continue;
        }
        logFault(problem, error, log);
        return commands.map(() => rejectedBy(problem));
      }
    }
  }

  #write(slots: readonly Slot[], outcomes: readonly Outcome[]): void {
    let next = 0;
    let text = '';
    for (const slot of slots) {
      if (slot !== null) {
        text += `${slot}\n`;
        continue;
      }
      text += `${outcomeText(outcomes[next] as Outcome, this.#settings.withAdvice)}\n`;
      next += 1;
    }
    this.#output.write(text);
  }
}

/** What of a stream arrives. Throws where none does for so long; the time in which nobody wants any does not count. */
async function* heard(input: Readable, silenceMsMax: number, clock: Clock): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const arrived = new AbortController();
      const silence = clock.sleep(silenceMsMax, arrived.signal).then(() => null);
      const next = await Promise.race([chunks.next(), silence]).finally(() => arrived.abort());
      if (next === null) throw new Problem('request_slow', `the stream was silent for ${silenceMsMax / 1_000} s`);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    input.destroy();
  }
}

function textOf(line: Line): string {
  if (line === overlong) throw new Problem('too_large', `the line is longer than ${limits.lineBytesMax} bytes`);
  if (!isUtf8(line)) throw new Problem('invalid_utf8', 'the line is not valid UTF-8');
  return line.toString('utf8');
}
