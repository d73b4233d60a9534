/**
 * Transcripts to which happens what happens to files: they grow, also by half a line; they are renamed, cut, replaced and removed. Each
 * line is a response of its own, of one of three projects and five days, or a later sight of one, in which it used more.
 */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { claudeLine, textOf } from './claude-lines.js';

interface Edited {
  /** Of the responses whose lines are in it, whole. */
  readonly ids: string[];
  /** Of a line that is begun: what is missing of it. */
  half: { readonly id: string; readonly rest: string } | null;
}

export class EditedFiles {
  /** All that was ever complete in a file. */
  readonly written = new Set<string>();
  readonly folder: string;
  readonly #keeps: boolean;
  readonly #random: () => number;
  readonly #files = new Map<string, Edited>();
  /** How often each kind of edit was made. */
  readonly made: Record<string, number> = {};
  #responses = 0;
  #named = 0;

  /** With `keeps`, what a file loses is in another one before. */
  constructor(folder: string, random: () => number, { keeps }: { readonly keeps: boolean }) {
    this.folder = folder;
    this.#random = random;
    this.#keeps = keeps;
    mkdirSync(folder, { recursive: true });
  }

  get onDisk(): readonly string[] {
    return [...this.#files.values()].flatMap(({ ids }) => ids);
  }

  edit(): void {
    const names = [...this.#files.keys()];
    const name = names[this.#below(names.length)];
    const file = name === undefined ? undefined : this.#files.get(name);
    if (name === undefined || file === undefined) return this.write();
    const kinds = [
      ['write', 0.15, () => this.write()],
      ['append', 0.6, () => this.#append(name, file)],
      ['rename', 0.75, () => this.#rename(name, file)],
      ['cut', 0.85, () => this.#cut(name, file)],
      ['replace', 0.95, () => this.#replace(name, file)],
      ['remove', 1, () => this.#remove(name, file)],
    ] as const;
    const chance = this.#random();
    const [kind, , make] = kinds.find(([, upTo]) => chance < upTo) ?? kinds[0];
    this.made[kind] = (this.made[kind] ?? 0) + 1;
    make();
  }

  /** A new file. */
  write(): void {
    this.#write(this.#newName(), 30);
  }

  /** Ends the lines that are begun. */
  complete(): void {
    for (const [name, file] of this.#files) appendFileSync(this.#path(name), this.#restOf(file));
  }

  #path = (name: string): string => join(this.folder, name);

  #below = (bound: number): number => Math.floor(this.#random() * bound);

  #newName(): string {
    this.#named += 1;
    const folder = `p${this.#named % 3}`;
    mkdirSync(this.#path(folder), { recursive: true });
    return `${folder}/s${this.#named}.jsonl`;
  }

  /** Text of new responses, which are in this file from now on. */
  #lines(file: Edited, count: number): string {
    let text = '';
    for (let i = 0; i < count; i += 1) {
      const number = this.#responses++;
      file.ids.push(this.#whole(`msg_${number}`));
      text += lineOf(number);
    }
    return text;
  }

  #whole(id: string): string {
    this.written.add(id);
    return id;
  }

  #restOf(file: Edited): string {
    if (file.half === null) return '';
    const { id, rest } = file.half;
    file.ids.push(this.#whole(id));
    file.half = null;
    return rest;
  }

  #write(name: string, countMax: number): void {
    const file: Edited = { ids: [], half: null };
    writeFileSync(this.#path(name), this.#lines(file, 1 + this.#below(countMax)));
    this.#files.set(name, file);
  }

  /** Now and then the last line is left without its end. */
  #append(name: string, file: Edited): void {
    let text = this.#restOf(file) + this.#lines(file, this.#below(6));
    const known = file.ids[this.#below(file.ids.length)];
    if (this.#random() < 0.3 && known !== undefined) text += lineOf(Number(known.slice(4)), 50 + this.#below(50));
    if (this.#random() < 0.3) {
      const number = this.#responses++;
      const line = lineOf(number);
      const at = 1 + this.#below(line.length - 1);
      text += line.slice(0, at);
      file.half = { id: `msg_${number}`, rest: line.slice(at) };
    }
    appendFileSync(this.#path(name), text);
  }

  #rename(name: string, file: Edited): void {
    this.#move(name, `${name.replace(/(\.\d+)*\.jsonl$/, '')}.${this.#named++}.jsonl`, file);
    this.#write(name, 1);
  }

  #move(from: string, to: string, file: Edited): void {
    renameSync(this.#path(from), this.#path(to));
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  /** As who rotates logs does: copied, and cut where it is. */
  #cut(name: string, { ids, half }: Edited): void {
    if (this.#keeps) {
      const copy = this.#newName();
      copyFileSync(this.#path(name), this.#path(copy));
      this.#files.set(copy, { ids: [...ids], half });
    }
    truncateSync(this.#path(name));
    const file: Edited = { ids: [], half: null };
    appendFileSync(this.#path(name), this.#lines(file, 1 + this.#below(40)));
    this.#files.set(name, file);
  }

  #replace(name: string, old: Edited): void {
    const file: Edited = this.#keeps ? { ...old, ids: [...old.ids] } : { ids: [], half: null };
    const kept = this.#keeps ? readFileSync(this.#path(name), 'utf8') + this.#restOf(file) : '';
    writeFileSync(this.#path('new'), kept + this.#lines(file, 1 + this.#below(40)));
    renameSync(this.#path('new'), this.#path(name));
    this.#files.set(name, file);
  }

  #remove(name: string, file: Edited): void {
    if (this.#keeps) return this.#move(name, this.#newName(), file);
    rmSync(this.#path(name));
    this.#files.delete(name);
  }
}

/** Whose use the responses are, by the project they are of; of the third nothing says it. */
export const editedRules = JSON.stringify([
  { cwd: '/srv/p0/**', identity: 'Ada' },
  { cwd: '/srv/p1/**', identity: 'Bob' },
]);

function lineOf(number: number, moreOutput = 0): string {
  const usage = {
    input_tokens: 10 + (number % 7),
    cache_read_input_tokens: 100 * (number % 13),
    cache_creation_input_tokens: 3 * (number % 4),
    cache_creation: { ephemeral_5m_input_tokens: number % 4, ephemeral_1h_input_tokens: 2 * (number % 4) },
    output_tokens: 5 + (number % 11) + moreOutput,
    output_tokens_details: { thinking_tokens: number % 5 },
  };
  const line = {
    requestId: `req_${number}`,
    uuid: `u${number}`,
    cwd: `/srv/p${number % 3}`,
    timestamp: `2026-11-2${number % 5}T10:00:00.000Z`,
  };
  return textOf(claudeLine({ usage, message: { id: `msg_${number}` }, line }));
}
