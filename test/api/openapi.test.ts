/** Goal: programs in any language can work with the OpenAPI document and the schemas of events, and both are true. */
import { spawnSync } from 'node:child_process';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { commandTypes } from '../../src/events/catalogue.js';
import { jsonSchemas } from '../../src/events/json-schema.js';
import { type ProblemCode, problems } from '../../src/problems.js';
import { testServer } from './support.js';

interface Content {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly $ref: string }>>;
}
type Contents = Readonly<Record<string, Content>>;
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly description?: string }[];
  readonly requestBody?: { readonly content: Contents };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Contents }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly examples: object };
}

const server = await testServer(t);
const document = (await server.get('/openapi.json')).json<Document>();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, method, operation })),
);

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ ...document, $id: 'openapi' });
const pointer = (...parts: readonly string[]): string =>
  parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** What the schema at this place of the document has against a value; null: nothing. */
function faults(value: unknown, ...place: readonly string[]): string | null {
  const validate = ajv.compile({ $ref: `openapi#${encodeURI(pointer(...place))}` });
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

function at(reference: string): unknown {
  const parts = reference.replace(/^#\//, '').split('/');
  return parts.reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document);
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === '$ref') yield String(part);
    else yield* referencesIn(part);
  }
}

t.test('every operation has a name of its own, and parameters that are described', async (t) => {
  t.ok(operations.length > 30);
  const names = operations.map(({ operation }) => operation.operationId);
  t.strictSame(names, [...new Set(names)]);
  for (const name of names) t.match(name, /^[a-z]+[A-Za-z]*$/);
  for (const { name, path, operation } of operations) {
    const parameters = operation.parameters ?? [];
    for (const parameter of parameters) t.ok(parameter.description, `${name} says what ${parameter.name} is`);
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name);
    t.strictSame(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
      name,
    );
  }
});

t.test('what is shared is said once: every reference leads somewhere', async (t) => {
  for (const reference of referencesIn(document)) t.ok(at(reference), `${reference} leads somewhere`);
  t.match(Object.keys(document.components.schemas).sort(), [
    ...['Advice', 'Command', 'Event', 'Outcome', 'Problem'],
    ...[...commandTypes].sort(),
  ]);
  const used = new Set(referencesIn(document));
  for (const schema of Object.keys(document.components.schemas)) t.ok(used.has(`#/components/schemas/${schema}`));
});

t.test('an operation that takes a key, or goes on after an event, says in which header', async (t) => {
  const headersOf = (path: string, method: string) =>
    document.paths[path]?.[method]?.parameters
      ?.filter((parameter) => parameter.in === 'header')
      .map(({ name }) => name);
  for (const path of ['/v1/events', '/v1/turns', '/v1/turns/{turn}/settle', '/resource-share/increment'])
    t.match(headersOf(path, 'post'), ['Idempotency-Key', 'webhook-id'], path);
  t.strictSame(headersOf('/v1/stream', 'get'), ['Last-Event-ID']);
});

t.test('every operation names what it may refuse, by status, as problem documents', async (t) => {
  const documentOf = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const { name, operation } of operations) {
    const refusals = Object.entries(operation.responses).filter(([status]) => /^[45]/.test(status));
    t.ok(
      refusals.some(([status]) => status.startsWith('4')),
      `${name} names a status from 400 on`,
    );
    for (const [status, { content }] of refusals) {
      t.match(content, documentOf, `${name} ${status}`);
      const codes = Object.keys(content?.['application/problem+json']?.examples ?? {}) as ProblemCode[];
      t.ok(codes.length > 0, `${name} ${status} names its codes`);
      for (const code of codes) t.equal(String(problems[code].status), status, `${name}: ${code}`);
    }
    t.match(operation.responses.default?.content, documentOf, `${name}: those of a later release`);
  }
});

t.test('every example is what its schema says', async (t) => {
  let examples = 0;
  const check = (contents: Contents | undefined, ...place: readonly string[]) => {
    for (const [type, { example, examples: named = {} }] of Object.entries(contents ?? {})) {
      const references = Object.values(named).map(({ $ref }) => (at($ref) as { readonly value: unknown }).value);
      for (const value of [...(example === undefined ? [] : [example]), ...references]) {
        t.equal(faults(value, ...place, type, 'schema'), null, `${place.join(' ')} ${type}`);
        examples += 1;
      }
    }
  };
  for (const { path, method, operation } of operations) {
    check(operation.requestBody?.content, 'paths', path, method, 'requestBody', 'content');
    for (const [status, { content }] of Object.entries(operation.responses))
      check(content, 'paths', path, method, 'responses', status, 'content');
  }
  t.ok(examples > 100);
});

t.test('what is answered is what the schema of the answer says', async (t) => {
  const report = { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.5 };
  const quota = { windows: [{ key: 'week_all', percent_bp: 1_500, resets_at: Date.now() + 86_400_000 }] };
  const used = { type: 'usage.recorded', payload: { name: 'Ada', mode: 'autonomy', cost_micro_usd: 5 } };
  const requests: readonly (readonly [string, string, object?])[] = [
    ['/resource-share/increment', '/resource-share/increment', report],
    ['/v1/events', '/v1/events', { type: 'quota.read', payload: quota }],
    ['/v1/events', '/v1/events', [used, { ...used, payload: {} }]],
    ['/v1/turns', '/v1/turns', { name: 'Ada', instance: { host: 'desk' } }],
    ['/pause', '/pause', { claude_name: 'Ada', duration_minutes: 5 }],
    ['/autonomous-time/choice', '/autonomous-time/choice', { claude_name: 'Ada', choice: 'wait' }],
    ['/v1/pools', '/v1/pools', { pool: 'team-a' }],
    ['/v1/advice/Ada', '/v1/advice/{identity}'],
    ['/resource/today/Ada', '/resource/today/{claude_name}'],
    ['/pause-status?claude_name=Ada', '/pause-status'],
    ['/v1/events/1', '/v1/events/{id}'],
    ['/v1/events/nothing', '/v1/events/{id}'],
    ['/v1/events/1/proof', '/v1/events/{id}/proof'],
    ...operations
      .filter(({ path, method }) => method === 'get' && !/\{|pause-status|stream/.test(path))
      .map(({ path }) => [path, path] as const),
  ];
  let checked = 0;
  for (const [url, path, body] of requests) {
    const response = await (body === undefined ? server.get(url) : server.post(url, body));
    const type = String(response.headers['content-type']).split(';')[0] ?? '';
    if (!type.endsWith('json')) continue;
    const place = ['paths', path, body === undefined ? 'get' : 'post', 'responses', String(response.statusCode)];
    t.equal(faults(response.json(), ...place, 'content', type, 'schema'), null, url);
    checked += 1;
  }
  t.ok(checked > 25);
});

/** The part of regular expressions that ECMAScript, Python, Go, Java, .NET, Ruby and Rust read the same way. */
const portableSyntax = (() => {
  const escaped = String.raw`\\(?:[dDwWsS]|u[0-9A-Fa-f]{4}|[^A-Za-z0-9])`;
  const inSet = String.raw`(?:[^\\\[\]]|${escaped})`;
  const literal = String.raw`[^\\\[\](){}?*+|^$]`;
  const operators = String.raw`\((?:\?:|(?!\?))|[)|^$?*+]|\{\d+(?:,\d*)?\}`;
  return new RegExp(String.raw`^(?:${literal}|${escaped}|\[\^?${inSet}+\]|${operators})*$`);
})();

function* patternsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === 'pattern' && typeof part === 'string') yield part;
    else yield* patternsIn(part);
  }
}

t.test('other languages compile every pattern that is published', async (t) => {
  const schemas = [...jsonSchemas().values()];
  const patterns = [...new Set([...patternsIn(document), ...patternsIn(schemas)])];
  t.ok(patterns.length > 5);
  for (const pattern of patterns) {
    t.match(pattern, portableSyntax);
    t.doesNotThrow(() => new RegExp(pattern), pattern);
  }
  for (const foreign of ['\\p{L}', '(?<name>a)', '(?<=a)b', '[\\p{Cc}]', '\\x41', '(a)\\1'])
    t.notMatch(foreign, portableSyntax, `${foreign} would be seen`);
  t.notMatch(JSON.stringify([document, schemas]), /\\\\[pP]\{/);

  const python = spawnSync('python3', ['-c', 'import json,re,sys\nfor p in json.load(sys.stdin): re.compile(p)'], {
    input: JSON.stringify(patterns),
    encoding: 'utf8',
  });
  if (python.error === undefined) t.equal(python.status, 0, python.stderr);
  else t.comment('there is no python3 here: the syntax alone was checked');
});

t.test('a rule that is published in words is kept as it was', async (t) => {
  const name = jsonSchemas().get('identity.registered.command.json') as {
    readonly properties: { readonly name: { readonly description?: string } };
  };
  t.match(name.properties.name, { description: /No characters that Unicode has not assigned/ });
  const bad = await server.post('/v1/events', { type: 'identity.registered', payload: { name: 'a\u0378b' } });
  t.match(bad.json(), { code: 'invalid_field', errors: [{ field: 'payload.name' }] });
  const good = await server.post('/v1/events', { type: 'identity.registered', payload: { name: 'Žofie-Ælfgār 7' } });
  t.equal(good.statusCode, 201);
  const control = { name: 'Bo', mode: 'autonomy', cost_micro_usd: 1, model: 'a\u0007b' };
  const refused = await server.post('/v1/events', { type: 'usage.recorded', payload: control });
  t.match(refused.json(), { code: 'invalid_field' });
  const place = ['paths', '/v1/events', 'post', 'requestBody', 'content', 'application/json', 'schema'];
  t.match(faults({ type: 'usage.recorded', payload: control }, ...place), /pattern/, 'also by the published pattern');
});
