/**
 * What this process tells the service manager of itself (sd_notify): by `systemd-notify`, as Node.js cannot send to a Unix datagram
 * socket. Where no manager listens, nothing is started.
 */
import { execFile } from 'node:child_process';

export interface Notifying {
  /** Where the manager listens (`NOTIFY_SOCKET`); none where it does not. */
  readonly socket: string | undefined;
  /** How often it wants to hear that this process lives, in milliseconds; null where it does not. */
  readonly watchdogMs: number | null;
}

/** `WATCHDOG_USEC` may be meant for the process that started this one: `WATCHDOG_PID` says for whom. */
export function notifying(environment: Readonly<Record<string, string | undefined>>): Notifying {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: every, WATCHDOG_PID: pid } = environment;
  const isMine = pid === undefined || pid === '' || Number(pid) === process.pid;
  const ms = Number(every) / 1_000;
  return { socket: socket || undefined, watchdogMs: isMine && Number.isFinite(ms) && ms > 0 ? ms : null };
}

export class Notifier {
  readonly #onFault: (message: string) => void;
  #last: Promise<void> = Promise.resolve();
  #isBusy = false;
  #faultTold = false;

  /** For where the environment of this process says that a manager listens. */
  constructor(onFault: (message: string) => void) {
    this.#onFault = onFault;
  }

  /** Whether something is still on its way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** In order; resolves when it is said. That it cannot be said is told once. */
  tell(...states: readonly string[]): Promise<void> {
    this.#last = this.#last.then(() => this.#send(states.map(oneLine)));
    return this.#last;
  }

  #send(states: readonly string[]): Promise<void> {
    this.#isBusy = true;
    return new Promise((resolve) => {
      execFile('systemd-notify', states, { timeout: sendMsMax }, (error) => {
        this.#isBusy = false;
        if (error !== null && !this.#faultTold) {
          this.#faultTold = true;
          this.#onFault(`systemd is not told how this process is: ${error.message.trim()}`);
        }
        resolve();
      });
    });
  }
}

const sendMsMax = 10_000;

/** Each is one line of a message. */
const oneLine = (state: string): string => state.replace(/[\r\n]+/g, ' ');
