/** Goal: a start loads and makes nothing that only some requests need. */
import { createRequire } from 'node:module';
import t from 'tap';
import { testServer } from './support.js';

const { cache } = createRequire(import.meta.url);
const isLoaded = (name: string): boolean => Object.keys(cache).some((path) => path.includes(`/node_modules/${name}/`));

t.test('what writes the description of the API is loaded when somebody asks for it', async (t) => {
  const server = await testServer(t);
  t.equal((await server.get('/health')).statusCode, 200);
  t.ok(isLoaded('fastify'), 'what is loaded is seen');
  t.notOk(isLoaded('@fastify/swagger'));
  t.equal((await server.get('/openapi.json')).statusCode, 200);
  t.ok(isLoaded('@fastify/swagger'));
});

t.test('compilers of schemas are never loaded, as routes parse for themselves', async (t) => {
  const server = await testServer(t);
  t.equal((await server.get('/docs')).statusCode, 200);
  t.notOk(isLoaded('ajv'));
  t.notOk(isLoaded('@fastify/fast-json-stringify-compiler'));
});
