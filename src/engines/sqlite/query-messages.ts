/** What a process that works on statements is sent, and sends. */
import type { SentError } from '../../runtime/thread-error.js';
import type { RowPage, RowsEnd, StatementRequest, StatementValues } from '../statement-runner.js';

export type ToChild =
  | { readonly kind: 'run'; readonly request: StatementRequest }
  | { readonly kind: 'explain'; readonly sql: string; readonly values: StatementValues }
  /** A page was taken: another one may be sent. */
  | { readonly kind: 'taken' }
  /** No further page is wanted. */
  | { readonly kind: 'enough' };

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly columns: readonly string[]; readonly plan: readonly string[] }
  | ({ readonly kind: 'page' } & RowPage)
  | { readonly kind: 'plan'; readonly lines: readonly string[] }
  /** Nothing is under way any more. */
  | { readonly kind: 'done'; readonly end: RowsEnd }
  | { readonly kind: 'failed'; readonly error: SentError };

/** Pages that may be under way at once. */
export const pagesAhead = 2;
