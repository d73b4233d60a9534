/** Whose use data is that says nothing else: the account and the machine that read it. */
import { hostname, userInfo } from 'node:os';

export interface Here {
  readonly user: string;
  readonly host: string;
}

export const here = (): Here => ({ user: userName(), host: hostname() });

/** An account without a name, as in a container, has a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
