/** What a compiled file imports, and what those files import: read from their text, without running them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Modules that only compute. A file with any other may reach a disk, a process, a socket or an engine. */
const harmless = new Set([
  '@pydantic/genai-prices',
  'tap',
  'fast-check',
  'canonicalize',
  'zod',
  'ulid',
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:path',
  'node:timers/promises',
  'node:util',
  'node:zlib',
]);
/** Ways out of a process that need no import, or hide one. */
const waysOut = /\bfetch\(|\bimport\(|\bprocess\.(binding|dlopen|kill)\b|\bt\.(spawn|worker|testdir|fixture)\b/;

/** What in a compiled file, or in one that it imports, can reach out of its process; null when nothing can. */
export function reachesOut(path: string): string | null {
  for (const name of importedBy(path)) {
    if (!name.startsWith('/')) {
      if (!harmless.has(name)) return name;
      continue;
    }
    const [found] = waysOut.exec(readFileSync(name, 'utf8')) ?? [];
    if (found !== undefined) return `${found} in ${name}`;
  }
  return null;
}

/** The file itself and all that it leads to: paths of files, and names of packages. */
export function importedBy(path: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
    /^(?:import|export) (?:[^'"]* from )?['"](.+)['"];$/gm,
  )) {
    if (name.startsWith('.')) importedBy(join(dirname(path), name), found);
    else found.add(name);
  }
  return found;
}
