/** Whether a request that was refused may be sent again. */

/**
 * The daemon says so in its problem document (`retry`). Where it does not, because it is of an older release, or something
 * between it and here has answered, the status says so.
 */
export function mayRetry(status: number, body: unknown): boolean {
  const { retry } = (body ?? {}) as { readonly retry?: unknown };
  if (retry === 'never') return false;
  if (retry === 'later' || retry === 'same-key') return true;
  return status >= 500 || status === 429 || status === 408;
}
