/** What systemd hands over to a service besides variables: sockets at which it listens, and a journal that takes what is said. */
import { fstatSync } from 'node:fs';
import type { Environment } from './process-environment.js';

const firstFd = 3;

/** The first socket of those that were handed over to this process; null where none was. */
export function handedSocket({ LISTEN_FDS: count, LISTEN_PID: pid }: Environment): number | null {
  return Number(pid) === process.pid && Number(count) >= 1 ? firstFd : null;
}

/** Whether what is written to stderr is taken by a journal: then it knows the time, and reads how bad it is from `<N>`. */
export function isJournal({ JOURNAL_STREAM: stream }: Environment, fd = 2): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
