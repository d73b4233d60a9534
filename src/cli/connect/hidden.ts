/** Settings as they may be shown: our own, and of those beside no value or comment that could be a secret. */
import { isDeepStrictEqual } from 'node:util';
import jsonc, { type Node } from 'jsonc-parser';
import { redacted } from '../../settings/database.js';
import { credentialIn } from '../../sources/credentials.js';
import type { Entry } from './editor.js';

/** Of names below which nothing is shown that is not ours: whatever is called as people like, and what says that it is a secret. */
const closed = /^(env|hooks)$|header|mcp|key|token|secret|pass|pwd|auth|credential|cookie|bearer|\bpin\b|_pin/i;
const plainLengthMax = 40;
const hidden = '(not shown)';

/** Of JSON each text, number and comment that could be one; else of each line what is behind its name. */
export function withoutSecrets(text: string, entries: readonly Entry[]): string {
  const root = jsonc.parseTree(text.replace('\uFEFF', ' '), [], { allowTrailingComma: true });
  return redacted(root?.type === 'object' ? jsonWithout(text, root, entries) : linesWithout(text, entries));
}

interface Cut {
  readonly offset: number;
  readonly length: number;
  readonly shown: string;
}

function jsonWithout(text: string, root: Node, entries: readonly Entry[]): string {
  const cuts = [...valuesIn(root, [], entries), ...commentsIn(text)].sort((a, b) => b.offset - a.offset);
  return cuts.reduce(
    (shown, { offset, length, shown: instead }) => shown.slice(0, offset) + instead + shown.slice(offset + length),
    text,
  );
}

/** An item of a list has `[]` for a name. */
function valuesIn(node: Node, path: readonly string[], entries: readonly Entry[]): Cut[] {
  if (entries.some((entry) => isOurs(node, path, entry))) return [];
  if (node.type === 'property') {
    const [key, value] = node.children ?? [];
    const name = String(key?.value);
    const cut = key !== undefined && credentialIn(name) !== null ? [cutOf(key)] : [];
    return value === undefined ? cut : [...cut, ...valuesIn(value, [...path, name], entries)];
  }
  if (node.type === 'string' || node.type === 'number')
    return path.some((name) => closed.test(name)) || !isPlain(String(node.value)) ? [cutOf(node)] : [];
  const inner = node.type === 'array' ? [...path, '[]'] : path;
  return (node.children ?? []).flatMap((child) => valuesIn(child, inner, entries));
}

const cutOf = ({ offset, length }: Node): Cut => ({ offset, length, shown: JSON.stringify(hidden) });

function isOurs(node: Node, path: readonly string[], entry: Entry): boolean {
  if (entry.kind !== 'setting' || node.type === 'property') return false;
  const place = entry.isItem === true ? [...entry.path, '[]'] : entry.path;
  return isDeepStrictEqual(path, place) && isDeepStrictEqual(structuredClone(jsonc.getNodeValue(node)), entry.value);
}

/** An address may be a secret as a whole. */
const isPlain = (text: string): boolean =>
  text.length <= plainLengthMax && !text.includes('://') && credentialIn(text) === null;

function commentsIn(text: string): Cut[] {
  const cuts: Cut[] = [];
  jsonc.visit(text, {
    onComment: (offset, length) =>
      cuts.push({ offset, length, shown: text.startsWith('//', offset) ? `// ${hidden}` : `/* ${hidden} */` }),
  });
  return cuts;
}

/** All but our blocks, as in TOML and shells. */
function linesWithout(text: string, entries: readonly Entry[]): string {
  const block = entries
    .flatMap((entry) => (entry.kind === 'block' ? [entry.block] : []))
    .find((one) => text.includes(one));
  if (block === undefined) return text.split('\n').map(lineWithout).join('\n');
  const at = text.indexOf(block);
  return linesWithout(text.slice(0, at), []) + block + linesWithout(text.slice(at + block.length), []);
}

function lineWithout(line: string): string {
  const bare = line.trimEnd();
  if (bare === '' || /^\[{1,2}[\w.-]+\]{1,2}$/.test(bare)) return line;
  if (/^\s*#/.test(line)) return `# ${hidden}`;
  const [start = ''] = /^\s*(?:export\s+)?"?[\w.-]+"?\s*=(?!=)\s*(?=\S)/.exec(line) ?? [];
  return credentialIn(start) === null ? start + hidden : hidden;
}
