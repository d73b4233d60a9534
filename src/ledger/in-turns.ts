/** Decides large batches piece by piece, and lets other requests in between. */
import { limits } from '../limits.js';
import { nextTurn } from '../runtime/clock.js';
import type { BatchBuilder } from './batch.js';
import type { Outcome, Submission } from './outcome.js';

/** Decides a large batch and lets other requests in between, so that nobody waits for the whole of it. */
export async function decideInTurns(builder: BatchBuilder, batch: readonly Submission[]): Promise<Outcome[][]> {
  const outcomes: Outcome[][] = [];
  let sinceTurn = 0;
  for (const submission of batch) {
    const decided: Outcome[] = [];
    for (const piece of piecesOf(submission)) {
      if (sinceTurn >= limits.decidedAtOnceMax) {
        await nextTurn();
        sinceTurn = 0;
      }
      decided.push(...builder.decide(piece));
      sinceTurn += piece.commands.length;
    }
    outcomes.push(decided);
  }
  return outcomes;
}

/** An atomic submission is one piece. */
function piecesOf(submission: Submission): readonly Submission[] {
  const { commands, atomic } = submission;
  if (atomic === true || commands.length <= limits.decidedAtOnceMax) return [submission];
  const pieces: Submission[] = [];
  for (let from = 0; from < commands.length; from += limits.decidedAtOnceMax) {
    pieces.push({ ...submission, commands: commands.slice(from, from + limits.decidedAtOnceMax) });
  }
  return pieces;
}
