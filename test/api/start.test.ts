/** Goal: a start loads and makes nothing that only some requests need. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t from 'tap';
import { testServer } from './support.js';

const { cache } = createRequire(import.meta.url);
const isLoaded = (name: string): boolean => Object.keys(cache).some((path) => path.includes(`/node_modules/${name}/`));

/** Everything that a file imports as soon as it is loaded, and what that imports: files by path, packages by name. */
function importsOf(file: URL, found = new Set<string>()): ReadonlySet<string> {
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) .*?['"]([^'"]+)['"];?$/gm)) {
    const imported = name.startsWith('.') ? new URL(name, file).href : name;
    if (found.has(imported)) continue;
    found.add(imported);
    if (imported.startsWith('file:')) importsOf(new URL(imported), found);
  }
  return found;
}

t.test('what writes the description of the API is loaded when somebody asks for it', async (t) => {
  const atStart = importsOf(new URL('../../src/api/server.js', import.meta.url));
  t.ok(atStart.has('fastify'), 'what is loaded is seen');
  t.notOk(atStart.has('zod-openapi'));
  const later = importsOf(new URL('../../src/api/openapi-document.js', import.meta.url));
  t.ok(later.has('zod-openapi'));
});

t.test('compilers of schemas are never loaded, as routes parse for themselves', async (t) => {
  const server = await testServer(t);
  t.equal((await server.get('/docs')).statusCode, 200);
  t.ok(isLoaded('fastify'), 'what is loaded is seen');
  t.notOk(isLoaded('ajv'));
  t.notOk(isLoaded('@fastify/fast-json-stringify-compiler'));
});
