/** Settings in JSON: what is to be in them, put in beside what is there, and taken out again. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Edited,
  type EditedPart,
  type Entry,
  type SettingEntry,
  SettingsFault,
  type Withdrawn,
} from './editor.js';
import {
  depthOf,
  documentOf,
  indexOfItem,
  valueAt,
  withItem,
  withMember,
  withoutItem,
  withoutMember,
  withValue,
} from './json-text.js';

/** One thing that is written as a whole, or not at all. */
export interface WantedPart {
  readonly what: string;
  readonly members: readonly WantedMember[];
}

export interface WantedMember {
  readonly path: readonly string[];
  readonly value: unknown;
  /** An item of the list at the path. */
  readonly isItem?: true;
  /** Whether what is there does as well, though it is not the same. */
  readonly doesAsWell?: (there: unknown) => boolean;
  /** Whether an item of the list is one that ours may not stand beside. */
  readonly isInTheWay?: (item: unknown) => boolean;
}

export interface JsonWish {
  readonly parts: readonly WantedPart[];
  /** Whether what stands in the way is replaced. */
  readonly replace: boolean;
  readonly remarksOn?: (value: unknown) => readonly string[];
}

const mark = '\uFEFF';

export function editJson(given: string | null, { parts, replace, remarksOn }: JsonWish): Edited {
  const hasMark = given?.startsWith(mark) === true;
  const bare = hasMark ? (given as string).slice(1) : (given ?? '');
  let text = bare.trim() === '' ? `{}${bare === '' ? '\n' : bare}` : bare;
  const before = documentOf(text);
  const entries: Entry[] = [];
  const edited: EditedPart[] = [];
  for (const part of parts) {
    const missing = part.members.filter((member) => !isThere(text, member));
    const inTheWay = missing.filter((member) => !canAdd(text, member));
    if (missing.length === 0) edited.push({ what: part.what, state: 'there' });
    else if (inTheWay.length > 0 && !(replace && inTheWay.every((member) => canReplace(text, member)))) {
      const names = inTheWay.map(({ path }) => path.join('.')).join(', ');
      edited.push({
        what: part.what,
        state: 'kept',
        note: `${names} ${inTheWay.length > 1 ? 'are' : 'is'} set already`,
        ...(inTheWay.every((member) => canReplace(text, member)) ? { isReplaceable: true } : {}),
      });
    } else {
      for (const member of missing) {
        const entry = entryOf(text, member);
        text = withEntry(text, entry);
        entries.push(entry);
      }
      edited.push({ what: part.what, state: 'added' });
    }
  }
  if (entries.length > 0) requireOnly(before, text, entries);
  const result = entries.length === 0 && given !== null ? given : (hasMark ? mark : '') + text;
  return { text: result, entries, parts: edited, remarks: remarksOn?.(before) ?? [] };
}

export function withdrawJson(given: string, entries: readonly Entry[]): Withdrawn {
  const hasMark = given.startsWith(mark);
  let text = hasMark ? given.slice(1) : given;
  const left: string[] = [];
  for (const entry of [...entries].reverse()) {
    if (entry.kind !== 'setting') continue;
    const without = withoutEntry(text, entry);
    if (without === null) left.push(entry.path.join('.'));
    else text = without;
  }
  documentOf(text);
  return { text: (hasMark ? mark : '') + text, left: left.reverse() };
}

function isThere(text: string, { path, value, isItem, doesAsWell = () => false }: WantedMember): boolean {
  const there = valueAt(text, path);
  if (isItem !== true) return there !== undefined && (isDeepStrictEqual(there, value) || doesAsWell(there));
  return Array.isArray(there) && there.some((item) => isDeepStrictEqual(item, value) || doesAsWell(item));
}

/** Nothing of another kind is in its place, and nothing at all where it is no list. */
function canAdd(text: string, { path, isItem, isInTheWay = () => false }: WantedMember): boolean {
  const depth = depthOf(text, path);
  if (depth === path.length) {
    const there = valueAt(text, path);
    return isItem === true && Array.isArray(there) && !there.some(isInTheWay);
  }
  const parent = depth === 0 ? {} : valueAt(text, path.slice(0, depth));
  return typeof parent === 'object' && parent !== null && !Array.isArray(parent);
}

const canReplace = (text: string, { path, isItem }: WantedMember): boolean =>
  isItem !== true && depthOf(text, path) === path.length;

function entryOf(text: string, { path, value, isItem }: WantedMember): SettingEntry {
  const depth = depthOf(text, path);
  const before = isItem === true ? undefined : valueAt(text, path);
  return {
    kind: 'setting',
    path,
    value,
    depth,
    ...(isItem === true ? { isItem } : {}),
    ...(before === undefined ? {} : { before }),
  };
}

function withEntry(text: string, { path, value, isItem, before }: SettingEntry): string {
  if (isItem === true) return withItem(text, path, value);
  return before === undefined ? withMember(text, path, value) : withValue(text, path, value);
}

/** Null where it is there no more as it was put in. */
function withoutEntry(text: string, { path, value, isItem, before, depth }: SettingEntry): string | null {
  if (isItem === true) {
    const index = indexOfItem(text, path, value);
    return index < 0 ? withoutPart(text, path, value) : withoutEmpty(withoutItem(text, path, index), path, depth);
  }
  if (!isDeepStrictEqual(valueAt(text, path), value)) return null;
  if (before !== undefined) return withValue(text, path, before);
  return withoutEmpty(withoutMember(text, path), path.slice(0, -1), depth);
}

/** Without a hook of ours in a group that others have put theirs into. */
function withoutPart(text: string, path: readonly string[], value: unknown): string | null {
  const [hook] = (value as { readonly hooks?: readonly unknown[] }).hooks ?? [];
  const groups = valueAt(text, path);
  for (const group of Array.isArray(groups) ? groups.keys() : []) {
    const hooks = [...path, group, 'hooks'];
    const index = indexOfItem(text, hooks, hook);
    if (index >= 0) return withoutItem(text, hooks, index);
  }
  return null;
}

/** Without the objects and lists that were made for it, where nothing else is in them. */
function withoutEmpty(text: string, path: readonly string[], depth: number): string {
  if (path.length <= depth) return text;
  const value = valueAt(text, path);
  if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) return text;
  return withoutEmpty(withoutMember(text, path), path.slice(0, -1), depth);
}

/** A text that says one thing twice is read in different ways: it is not touched. */
function requireOnly(before: unknown, text: string, entries: readonly Entry[]): void {
  const { text: without, left } = withdrawJson(text, entries);
  const after = documentOf(text);
  const isSaid = entries.every((entry) => entry.kind !== 'setting' || saysIn(after, entry));
  if (left.length > 0 || !isSaid || !isDeepStrictEqual(documentOf(without), before))
    throw new SettingsFault('says something twice: it cannot be added to safely');
}

function saysIn(document: unknown, { path, value, isItem }: SettingEntry): boolean {
  let there = document;
  for (const name of path) there = (there as Record<string, unknown> | null | undefined)?.[name];
  if (isItem !== true) return isDeepStrictEqual(there, value);
  return Array.isArray(there) && there.some((item) => isDeepStrictEqual(item, value));
}
