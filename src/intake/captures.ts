/** Captures of the quota that could not be read, for whoever finds out why: the newest ones, closed to other accounts. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../limits.js';

const captureName = /^\d{4}-\d{2}-\d{2}T[\d-]+Z-[a-z-]+\.txt$/;

/** Gives the path of its file. */
export async function keepCapture(folder: string, format: string, text: string, at: number): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${new Date(at).toISOString().replace(/[:.]/g, '-')}-${format}.txt`);
  await writeFile(file, text, { mode: 0o600 });
  await pruneCaptures(folder);
  return file;
}

async function pruneCaptures(folder: string): Promise<void> {
  const captures = (await readdir(folder)).filter((name) => captureName.test(name)).sort();
  for (const name of captures.slice(0, -limits.capturesKept)) await rm(join(folder, name), { force: true });
}
