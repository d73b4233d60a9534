/**
 * Rings when something happens in folders. It may miss things, as the systems that tell of them do: it only says when to look, and
 * whoever waits looks now and then without it. A folder is watched for what is directly in it: of all that is below one, Node on
 * Linux would watch each file by itself.
 */
import { type FSWatcher, watch } from 'node:fs';
import { limits } from '../limits.js';
import { Bell } from '../runtime/bell.js';

export class Doorbell extends Bell {
  readonly #watchers = new Map<string, FSWatcher>();

  /** Watches these, and no others. Rings where one is new, as nobody knows what happened in it since it was found. */
  watch(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, limits.watchedFoldersMax));
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#leave(folder);
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    for (const folder of this.#watchers.keys()) this.#leave(folder);
  }

  /** One that cannot be watched, as it is gone or too many are, is only looked at. */
  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.ring());
      watcher.on('error', () => this.#leave(folder));
      this.#watchers.set(folder, watcher);
      this.ring();
    } catch {
      // The next look tries again.
    }
  }

  #leave(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
