/** What an edit of a client's settings is: text in, text out. Nothing here reads or writes a file. */

/** A setting with its value; in a list: one more item of it. */
export interface SettingEntry {
  readonly kind: 'setting';
  readonly path: readonly string[];
  readonly value: unknown;
  readonly isItem?: true;
  /** What it stands in the place of. */
  readonly before?: unknown;
  /** How many parts of the path were there before. */
  readonly depth: number;
}

/** Lines between two marks. `inserted` is all that was put in: the block, and what parts it from the text before. */
export interface BlockEntry {
  readonly kind: 'block';
  readonly block: string;
  readonly inserted: string;
}

export type Entry = SettingEntry | BlockEntry;

/** What became of one thing that was to be written: `kept` is what a person has there, which is not replaced. */
export interface EditedPart {
  readonly what: string;
  readonly state: 'added' | 'there' | 'kept';
  readonly note?: string | undefined;
  /** Whether `--replace` would put ours in its place. */
  readonly isReplaceable?: true;
}

export interface Edited {
  readonly text: string;
  readonly entries: readonly Entry[];
  readonly parts: readonly EditedPart[];
  /** What a person should know of the settings beside. */
  readonly remarks: readonly string[];
}

export interface Withdrawn {
  readonly text: string;
  /** What somebody has changed since, and is left as it is. */
  readonly left: readonly string[];
}

export interface SettingsEditor {
  /** `text` is null where there is no file. Throws a `SettingsFault` where it cannot be read or added to. */
  edit(text: string | null): Edited;
  /** Takes out again what was put in, and nothing else. */
  withdraw(text: string, entries: readonly Entry[]): Withdrawn;
}

/** Why settings are left as they are. The message goes on after the name of the file. */
export class SettingsFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SettingsFault';
  }
}
