/** How far a long run is, on stderr: one line that is rewritten on a terminal, a line now and then anywhere else. */
import { durationText } from '../text/duration.js';
import { countText } from '../text/number.js';
import { percentText } from '../text/percent.js';
import { visible } from '../text/visible.js';

const plainEveryMs = 5_000;
const terminalEveryMs = 100;

export class ProgressLine {
  readonly #unit: string;
  readonly #started = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #phase = '';
  #open = false;

  constructor(unit: string) {
    this.#unit = unit;
  }

  /** `from` is what an earlier run had done: it does not count for the rate. */
  show(phase: string, done: number, total: number, from = 0): void {
    const now = performance.now();
    const { isTTY } = process.stderr;
    if (phase === this.#phase && now - this.#shownAt < (isTTY ? terminalEveryMs : plainEveryMs)) return;
    this.#phase = phase;
    this.#shownAt = now;
    const perSecond = (done - from) / ((now - this.#started) / 1_000);
    const text = visible(progressText(phase, this.#unit, done, total, perSecond));
    process.stderr.write(isTTY ? `\r\u001b[K${text.slice(0, process.stderr.columns - 1)}` : `${text}\n`);
    this.#open = isTTY;
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.#open) process.stderr.write('\r\u001b[K');
    this.#open = false;
  }
}

export function progressText(phase: string, unit: string, done: number, total: number, perSecond: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const parts = [`${phase}: ${countText(done)} of ${countText(total)} ${unit} (${percentText(percent)})`];
  if (done < total && perSecond > 0 && Number.isFinite(perSecond)) {
    parts.push(`${countText(Math.round(perSecond))}/s`, `${durationText(Math.ceil((total - done) / perSecond))} left`);
  }
  return parts.join(', ');
}
