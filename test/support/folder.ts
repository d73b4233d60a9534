/** Temporary directories that are gone when their test is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of a test that helpers need: something to be called when it ends. */
export interface Scope {
  teardown(task: () => unknown): void;
}

export function temporaryFolder(t: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'resource-share-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
