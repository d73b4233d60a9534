/** Playing many weeks in several processes at once. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Score } from '../../src/simulate/score.js';
import type { Week } from './week.js';

/** Scores in the order of the weeks, which are begun in that order, too: those that take longest had better come first. */
export async function playAll(
  weeks: readonly Week[],
  processes: number,
  onPlayed: (played: number) => void,
): Promise<Score[]> {
  const scores: Score[] = [];
  let next = 0;
  let played = 0;
  const work = async () => {
    const worker = fork(new URL('./worker.js', import.meta.url));
    try {
      while (next < weeks.length) {
        const place = next;
        next += 1;
        scores[place] = await playIn(worker, weeks[place] as Week);
        played += 1;
        onPlayed(played);
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return scores;
}

async function playIn(worker: ChildProcess, week: Week): Promise<Score> {
  const stop = new AbortController();
  try {
    const answered = once(worker, 'message', stop);
    const ended = once(worker, 'exit', stop).then(([code]) => {
      throw new Error(`${week.scenario} with seed ${week.seed} ended its process with ${code}`);
    });
    worker.send(week);
    const [score] = await Promise.race([answered, ended]);
    return score as Score;
  } finally {
    stop.abort();
  }
}
