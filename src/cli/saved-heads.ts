/** Heads of logs that were kept elsewhere, as files. */
import { readFile } from 'node:fs/promises';
import type { SavedHead } from '../engines/engine.js';
import { failure } from './exit.js';

/** One head, or an array of them, as `--save` and `GET /v1/head` write them. */
export async function readHeads(file: string): Promise<SavedHead[]> {
  let heads: unknown;
  try {
    heads = [JSON.parse(await readFile(file, 'utf8'))].flat();
  } catch (error) {
    throw failure(`${file} cannot be read as saved heads: ${(error as Error).message}`);
  }
  if ((heads as unknown[]).every(isHead)) return heads as SavedHead[];
  throw failure(`${file} holds something that is no saved head: it needs pool, seq, id and hash.`);
}

function isHead(value: unknown): value is SavedHead {
  const { pool, seq, hash } = (value ?? {}) as Partial<SavedHead>;
  return typeof pool === 'string' && Number.isInteger(seq) && typeof hash === 'string' && hash.length === 64;
}
