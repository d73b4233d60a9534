/**
 * A batch that cannot be committed because of one of its items: it is committed in halves, and these in halves, until only
 * that item is left, which fails alone. The items of an atomic submission stay together.
 */
import type { Command } from '../events/command.js';
import { Problem } from '../problems.js';
import { StorageError, storageProblem } from '../storage-error.js';
import { type Outcome, rejectedBy, type Submission } from './outcome.js';

/** An item at which the program or a rule of the database failed. */
export interface ItemFailure {
  readonly command: Command;
  readonly error: Error;
}

/** The storage as a whole refuses every batch alike; what else goes wrong may be due to what is in the batch. */
export const mayBeAnItems = (error: unknown): error is Error =>
  error instanceof Error && !(error instanceof StorageError) && !(error instanceof Problem);

/** Of what was committed, its outcomes; of what was not, why. */
type Result = Outcome[] | Error;

/**
 * The outcomes of each submission, or why nothing of it was recorded. `commit` records all it is given or nothing, and throws
 * then.
 */
export async function commitInHalves(
  submissions: readonly Submission[],
  commit: (submissions: readonly Submission[]) => Promise<Outcome[][]>,
  tell: (failure: ItemFailure) => void,
): Promise<Result[]> {
  const settle = async (pieces: readonly Submission[]): Promise<Result[]> => {
    try {
      return await commit(pieces);
    } catch (error) {
      if (!mayBeAnItems(error)) return pieces.map(() => error as Error);
      const [first] = pieces as [Submission];
      if (pieces.length === 1) return [failed(first, error, tell)];
      const middle = Math.ceil(pieces.length / 2);
      const before = await settle(pieces.slice(0, middle));
      return [...before, ...(await settle(pieces.slice(middle)))];
    }
  };
  const pieces = submissions.map(piecesOf);
  const results = await settle(pieces.flat());
  let next = 0;
  return pieces.map(({ length }) => {
    next += length;
    return joined(results.slice(next - length, next), length);
  });
}

function piecesOf(submission: Submission): readonly Submission[] {
  if (submission.atomic === true) return [submission];
  return submission.commands.map((command) => ({ ...submission, commands: [command] }));
}

/** What comes after an item whose fault it is not known to be is refused, too, where they stand together. */
function failed({ commands }: Submission, error: Error, tell: (failure: ItemFailure) => void): Outcome[] {
  const [first] = commands as [Command];
  tell({ command: first, error });
  const detail =
    commands.length === 1
      ? 'the server failed at this item, and recorded nothing of it; its log says where'
      : 'the server failed at an item of this atomic request, and recorded nothing of it; its log says where';
  return commands.map(() => ({ status: 'rejected', code: 'item_failed', detail }));
}

/** Where some of a submission was recorded, the rest of it is refused item by item. */
function joined(results: readonly Result[], pieces: number): Result {
  const errors = results.filter((result) => result instanceof Error);
  if (errors.length === pieces) return errors[0] as Error;
  return results.flatMap((result) => (result instanceof Error ? [rejectedBy(problemOf(result))] : result));
}

const problemOf = (error: Error): Problem =>
  error instanceof Problem ? error : error instanceof StorageError ? storageProblem(error) : new Problem('internal');
