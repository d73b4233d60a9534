/** Errors on their way from one thread or process to another, where they would lose what kind they are. */
import { type FieldError, Problem, type ProblemCode } from '../problems.js';
import { StorageError, type StorageFault } from '../storage-error.js';

export interface SentError {
  readonly message: string;
  readonly reason?: StorageFault;
  readonly code?: ProblemCode;
  readonly errors?: readonly FieldError[];
  readonly stack?: string | undefined;
}

export function sendable(error: unknown): SentError {
  if (error instanceof StorageError) return { message: error.message, reason: error.reason };
  const { message, stack } = error as Error;
  return error instanceof Problem ? { message, code: error.code, errors: error.errors } : { message, stack };
}

export function received({ message, reason, code, errors, stack }: SentError): Error {
  if (reason !== undefined) return new StorageError(reason, message);
  if (code !== undefined) return new Problem(code, message, errors);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
