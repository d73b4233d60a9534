/** Processes whose clock is another one than the machine's, by libfaketime. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Scope, temporaryFolder } from './folder.js';

const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'].map((folder) =>
  join(folder, 'faketime/libfaketime.so.1'),
);
const library = places.find((place) => existsSync(place));

/** For `skip` of a test. */
export const withoutFaketime =
  library === undefined ? 'libfaketime is not installed (apt-get install faketime)' : false;

export interface FakeClock {
  /** For the process whose clock it is. */
  readonly env: Readonly<Record<string, string>>;
  /** By how many seconds the clock is wrong from now on. */
  set(seconds: number): void;
}

/** For processes all of whose clocks go faster than the machine's; what they wait for from the system takes as long as ever. */
export const fastClock = (factor: number): Readonly<Record<string, string>> => ({
  LD_PRELOAD: library ?? '',
  FAKETIME: `+0 x${factor}`,
});

/** Their monotonic clock stays right. */
export function fakeClock(t: Scope, seconds = 0): FakeClock {
  const folder = temporaryFolder(t);
  // A server may run as somebody else.
  chmodSync(folder, 0o755);
  const file = join(folder, 'offset');
  const set = (wrongBy: number) => writeFileSync(file, `${wrongBy < 0 ? '-' : '+'}${Math.abs(wrongBy)}`);
  set(seconds);
  const env = {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { env, set };
}
