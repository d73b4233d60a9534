/** Blocks of documents that are written from what the program does. `UPDATE_DOCS=1` writes them instead of comparing them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

interface Comparing {
  equal(found: unknown, wanted: unknown, message: string): unknown;
}

const pathOf = (document: string) => join(packageRoot, document);
const blockPattern = (name: string) => new RegExp(`(<!-- generated: ${name} -->\n)([\\s\\S]*?)(<!-- end -->)`);

export function blockOf(document: string, name: string): string {
  const [, , block] = blockPattern(name).exec(readFileSync(pathOf(document), 'utf8')) ?? [];
  if (block === undefined) throw new Error(`there is no block ${name} in ${document}`);
  return block;
}

export function compare(t: Comparing, document: string, name: string, text: string): void {
  const block = `${text}\n`;
  if (process.env.UPDATE_DOCS === '1') {
    const before = readFileSync(pathOf(document), 'utf8');
    const updated = before.replace(blockPattern(name), (_, begin, __, end) => begin + block + end);
    writeFileSync(pathOf(document), updated);
  }
  t.equal(blockOf(document, name), block, `${name} (UPDATE_DOCS=1 npm test -- test/docs writes it)`);
}

export const commandsIn = (block: string): string[] =>
  [...block.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command as string);
