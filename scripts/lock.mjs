// A lock folder that one process holds at a time: `mkdir` either makes it or fails, and the file inside names the owner, so
// that a lock whose owner died is taken over.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const waitMsMax = 15 * 60_000;
const pollMs = 100;
const unownedMsMax = 10_000;

export function withLock(folder, work) {
  takeLock(folder);
  try {
    return work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function takeLock(folder) {
  const deadline = Date.now() + waitMsMax;
  for (let toldOwner = ''; !makeLock(folder); ) {
    const owner = ownerOf(folder);
    if (isAbandoned(folder, owner)) {
      removeAbandoned(folder, owner);
      continue;
    }
    if (Date.now() > deadline) throw new Error(`process ${owner} still holds ${folder}`);
    if (owner !== toldOwner) console.error(`waiting for process ${owner}…`);
    toldOwner = owner;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
}

function makeLock(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(folder, 'pid'), String(process.pid));
  return true;
}

function ownerOf(folder) {
  const path = join(folder, 'pid');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** A lock without an owner is one being made or removed, unless that takes too long. */
function isAbandoned(folder, owner) {
  if (owner !== '') return !isAlive(Number(owner));
  const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > unownedMsMax;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Moves the lock aside first: of two processes that find it abandoned one succeeds, and a lock made meanwhile goes back. */
function removeAbandoned(folder, owner) {
  const aside = `${folder}.${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (ownerOf(aside) === owner) rmSync(aside, { recursive: true });
  else renameSync(aside, folder);
}
