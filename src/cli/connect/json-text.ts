/**
 * Edits of JSON that change nothing but what they are about: comments, spaces, unknown members and the order of all stay. What was
 * added is taken out again byte for byte, as long as it stands behind another member.
 */
import { isDeepStrictEqual } from 'node:util';
import jsonc, { type Node } from 'jsonc-parser';
import { SettingsFault } from './editor.js';

type Path = readonly (string | number)[];

/** The value of a text; comments and commas too many are allowed. */
export function documentOf(text: string): unknown {
  return valueOfNode(rootOf(text));
}

export function valueAt(text: string, path: Path): unknown {
  const node = nodeAt(text, path);
  return node === undefined ? undefined : valueOfNode(node);
}

/** With the usual prototypes. */
const valueOfNode = (node: Node): unknown => structuredClone(jsonc.getNodeValue(node));

/** How many parts of a path are there. */
export function depthOf(text: string, path: Path): number {
  const missing = path.findIndex((_, i) => nodeAt(text, path.slice(0, i + 1)) === undefined);
  return missing < 0 ? path.length : missing;
}

/** With a member that is not there yet; what it stands in is made. */
export function withMember(text: string, path: Path, value: unknown): string {
  const depth = depthOf(text, path);
  const parent = nodeAt(text, path.slice(0, depth)) as Node;
  if (parent.type !== 'object') throw new SettingsFault(`${path.slice(0, depth).join('.')} is no object`);
  const wrapped = path.slice(depth + 1).reduceRight((inner: unknown, name) => ({ [name]: inner }), value);
  return withChild(text, parent, wrapped, String(path[depth]));
}

/** With one more item of a list; a list that is not there is made. */
export function withItem(text: string, path: Path, value: unknown): string {
  const list = nodeAt(text, path);
  if (list === undefined) return withMember(text, path, [value]);
  if (list.type !== 'array') throw new SettingsFault(`${path.join('.')} is no list`);
  return withChild(text, list, value);
}

/** With another value of a member that is there. */
export function withValue(text: string, path: Path, value: unknown): string {
  const { offset, length } = nodeAt(text, path) as Node;
  const written = textOf(value, styleOf(text), indentAt(text, offset));
  return text.slice(0, offset) + written + text.slice(offset + length);
}

export function withoutMember(text: string, path: Path): string {
  return withoutNode(text, (nodeAt(text, path) as Node).parent as Node);
}

export function withoutItem(text: string, path: Path, index: number): string {
  return withoutNode(text, (nodeAt(text, path) as Node).children?.[index] as Node);
}

/** Of the item of a list that is this one; -1 where none is. */
export function indexOfItem(text: string, path: Path, value: unknown): number {
  const list = valueAt(text, path);
  return Array.isArray(list) ? list.findIndex((item) => isDeepStrictEqual(item, value)) : -1;
}

function rootOf(text: string): Node {
  const faults: jsonc.ParseError[] = [];
  const root = jsonc.parseTree(text, faults, { allowTrailingComma: true });
  const [fault] = faults;
  if (root === undefined || fault !== undefined) {
    const { line, column } = positionOf(text, fault?.offset ?? text.length);
    const what = fault === undefined ? 'is empty' : jsonc.printParseErrorCode(fault.error);
    throw new SettingsFault(`is no JSON: ${what} in line ${line}, column ${column}`);
  }
  if (root.type !== 'object') throw new SettingsFault('is no JSON object');
  return root;
}

export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}

const nodeAt = (text: string, path: Path): Node | undefined => jsonc.findNodeAtLocation(rootOf(text), [...path]);

interface Style {
  /** Of one level; empty where the text is in one line. */
  readonly indent: string;
  readonly eol: string;
}

function styleOf(text: string): Style {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (!text.trimEnd().includes('\n')) return { indent: text.trim() === '{}' ? '  ' : '', eol };
  return { indent: /^[ \t]+(?=["}[\]])/m.exec(text)?.[0] ?? '  ', eol };
}

function textOf(value: unknown, { indent, eol }: Style, margin: string): string {
  if (indent === '') return JSON.stringify(value);
  return JSON.stringify(value, null, indent).replaceAll('\n', eol + margin);
}

/** Of the line that a place is in. */
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))?.[0] ?? '';

/** Behind the last child, in a line of its own where that has one. */
function withChild(text: string, parent: Node, value: unknown, name?: string): string {
  const style = styleOf(text);
  const key = name === undefined ? '' : `${JSON.stringify(name)}:${style.indent === '' ? '' : ' '}`;
  const last = parent.children?.at(-1);
  if (last !== undefined) {
    const end = last.offset + last.length;
    const isOnOwnLine = style.indent !== '' && /(^|\n)[ \t]*$/.test(text.slice(0, last.offset));
    const margin = indentAt(text, last.offset);
    const written = key + textOf(value, isOnOwnLine ? style : { ...style, indent: '' }, margin);
    return `${text.slice(0, end)},${isOnOwnLine ? style.eol + margin : style.indent === '' ? '' : ' '}${written}${text.slice(end)}`;
  }
  const outer = indentAt(text, parent.offset);
  const margin = outer + style.indent;
  const inner = text.slice(parent.offset + 1, parent.offset + parent.length - 1).trimEnd();
  const gap = style.indent === '' && !inner.includes('//') ? ['', ''] : [style.eol + margin, style.eol + outer];
  const written = inner + gap[0] + key + textOf(value, style, margin) + gap[1];
  return text.slice(0, parent.offset + 1) + written + text.slice(parent.offset + parent.length - 1);
}

/** With the comma that parts it from the child before, else from the next one. Comments beside it stay. */
function withoutNode(text: string, node: Node): string {
  const siblings = node.parent?.children ?? [];
  const at = siblings.indexOf(node);
  const end = node.offset + node.length;
  const [before, after] = [siblings[at - 1], siblings[at + 1]];
  const { offset, length } = node.parent as Node;
  if (before !== undefined) {
    const start = before.offset + before.length;
    const comma = commaBehind(text, start);
    const [gap, rest] = [text.slice(start, comma) + text.slice(comma + 1, node.offset), text.slice(end)];
    if (gap.trim() === '') return text.slice(0, start) + rest;
    if (after !== undefined) return text.slice(0, node.offset) + text.slice(commaBehind(text, end) + 1).trimStart();
    // What is behind a comment up to the end of its line would belong to it.
    const isOpen = gap.includes('//') && !/^[ \t]*\r?\n/.test(rest);
    return text.slice(0, start) + gap.trimEnd() + (isOpen ? styleOf(text).eol : '') + rest;
  }
  if (after !== undefined) return text.slice(0, node.offset) + text.slice(commaBehind(text, end) + 1).trimStart();
  const rest = text.slice(end, offset + length - 1).replace(/^\s*,/, '');
  const lead = text.slice(offset + 1, node.offset).trimEnd();
  return text.slice(0, offset + 1) + lead + (lead + rest.trim() === '' ? '' : rest) + text.slice(offset + length - 1);
}

/** Where the comma is that follows a value; it may have comments before it. */
function commaBehind(text: string, end: number): number {
  const scanner = jsonc.createScanner(text, true);
  scanner.setPosition(end);
  scanner.scan();
  return scanner.getTokenOffset();
}
