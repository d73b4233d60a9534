/** Goal: a start loads and makes nothing that only some requests need. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import t from 'tap';
import { sourceFormats } from '../../src/sources/registry.js';
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

t.test('readers of foreign formats are loaded when somebody sends something', async (t) => {
  const isReader = (name: string) => name.includes('/src/sources/');
  const atStart = [...importsOf(new URL('../../src/api/server.js', import.meta.url))];
  t.ok(
    atStart.some((name) => name.includes('/src/intake/')),
    'what takes them in is seen',
  );
  t.same(atStart.filter(isReader), []);
  t.notOk(atStart.includes('protobufjs/minimal.js'));
  const ofReader = [...importsOf(new URL('../../src/sources/otlp.js', import.meta.url))];
  t.ok(ofReader.some(isReader) && ofReader.includes('protobufjs/minimal.js'), 'what a reader needs is seen');
});

t.test('a reader is loaded alone, and is of the format that it is listed as', async (t) => {
  t.same([...importsOf(new URL('../../src/sources/registry.js', import.meta.url))], []);
  for (const { format, load } of sourceFormats) t.equal((await load()).format, format);
});

t.test('the protocol of tools is loaded by the verb that serves them, when it serves', async (t) => {
  const isOfProtocol = (name: string) => name.startsWith('@modelcontextprotocol/');
  for (const file of ['start.js', 'verbs/mcp.js'])
    t.same([...importsOf(new URL(`../../src/cli/${file}`, import.meta.url))].filter(isOfProtocol), [], file);
  const whenItServes = [...importsOf(new URL('../../src/cli/mcp/server.js', import.meta.url))];
  t.ok(whenItServes.some(isOfProtocol), 'what is loaded is seen');
});

t.test('compilers of schemas are never loaded, as routes parse for themselves', async (t) => {
  const server = await testServer(t);
  t.equal((await server.get('/docs')).statusCode, 200);
  t.ok(isLoaded('fastify'), 'what is loaded is seen');
  t.notOk(isLoaded('ajv'));
  t.notOk(isLoaded('@fastify/fast-json-stringify-compiler'));
});
