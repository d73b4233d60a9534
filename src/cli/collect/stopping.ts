/** Signals of whoever wants a long run to end: the first softly, the second at once. */
import { remark } from '../output.js';

export interface Stopping {
  /** What was read is still delivered. */
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

export async function withStopping<T>(work: (stopping: Stopping) => Promise<T>): Promise<T> {
  const [stop, abort] = [new AbortController(), new AbortController()];
  const asked = () => {
    if (stop.signal.aborted) abort.abort();
    else remark('Stopping as soon as what was read is recorded; once more stops at once.');
    stop.abort();
  };
  process.on('SIGINT', asked).on('SIGTERM', asked);
  try {
    return await work({ stop: stop.signal, abort: abort.signal });
  } finally {
    process.off('SIGINT', asked).off('SIGTERM', asked);
  }
}
