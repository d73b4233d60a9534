/** Errors on their way from one thread to another, where they would lose what the contract says of them. */
import { StorageError, type StorageFault } from '../storage-error.js';

export interface SentError {
  readonly message: string;
  readonly reason?: StorageFault;
  readonly stack?: string | undefined;
}

export function sendable(error: unknown): SentError {
  if (error instanceof StorageError) return { message: error.message, reason: error.reason };
  const { message, stack } = error as Error;
  return { message, stack };
}

export function received({ message, reason, stack }: SentError): Error {
  if (reason !== undefined) return new StorageError(reason, message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
