/** Goal: the description of the API is valid, complete and true; the pages made of it are safe. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { commandTypes } from '../../src/events/catalogue.js';
import { problems } from '../../src/problems.js';
import { testServer } from './support.js';

interface Described {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: object }> };
  readonly responses: Record<
    string,
    {
      readonly description?: string;
      readonly content?: Record<string, { readonly schema?: object; readonly example?: object }>;
    }
  >;
}

t.test('every registered route is described, with schemas and its problems', async (t) => {
  const server = await testServer(t);
  const document = (await server.get('/openapi.json')).json<Described>();
  t.match(document, { openapi: /^3\.1\./, info: { title: 'Resource-Share', version: /^\d/ } });
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const registered = [...server.app.printRoutes({ commonPrefix: false }).matchAll(/(\S+) \(([A-Z, ]+)\)/g)];
  t.ok(registered.length > 20);
  let routes = 0;
  for (const [, , methods] of registered)
    routes += (methods ?? '').split(', ').filter((method) => method !== 'HEAD').length;
  t.equal(described.filter((route) => !route.startsWith('head ')).length, routes, 'as many as are registered');

  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const name = `${method} ${path}`;
      t.type(operation.summary, 'string', name);
      t.equal(operation.tags?.length, 1, name);
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        t.type(description, 'string', `${name} ${status}`);
        for (const part of Object.values(content ?? {})) t.type(part.schema, 'object', `${name} ${status}`);
      }
      // Asking again says nothing but who asks, and that is in the path.
      if (method === 'post' && path !== '/v1/advice/{identity}') {
        const type = /^\/log(in|out)$/.test(path) ? 'application/x-www-form-urlencoded' : 'application/json';
        t.ok(Object.keys(operation.requestBody?.content ?? {}).includes(type), `${name} has a body`);
      }
    }
  }
});

t.test('the examples of the original wire have the keys that are answered', async (t) => {
  const server = await testServer(t);
  const { paths } = (await server.get('/openapi.json')).json<Described>();
  const example = paths['/resource-share/increment']?.post?.responses['200']?.content?.['application/json']?.example;
  const real = (
    await server.post('/resource-share/increment', { claude_name: 'Ada', mode: 'autonomy', cost_delta: 0.125 })
  ).json();
  t.strictSame(example, real);
  for (const [path, { post }] of Object.entries(paths)) {
    for (const [type, content] of Object.entries(post?.requestBody?.content ?? {})) {
      t.ok('example' in content, `${path} shows a body in ${type}`);
    }
  }
});

t.test('the pages: every route, event and problem, nothing from elsewhere, and no script but the search', async (t) => {
  const server = await testServer(t);
  const { paths } = (await server.get('/openapi.json')).json<Described>();
  const docs = (await server.get('/docs')).body;
  for (const path of Object.keys(paths)) t.ok(docs.includes(`<code>${path}</code>`), path);
  for (const type of commandTypes) t.ok(docs.includes(`<code>${type}</code>`), type);
  for (const code of ['key_reused', 'agent_unknown'])
    t.match(
      docs,
      new RegExp(`id="post-resource-share-increment"[\\s\\S]*?<a href="/problems#${code}">`),
      'what it refuses',
    );
  t.match(docs, /<p class="search" hidden>/, 'what needs a script is not there without it');
  const page = (await server.get('/problems')).body;
  for (const [code, { status }] of Object.entries(problems))
    t.match(page, new RegExp(`<tr id="${code}">.*>${status}<`));
  for (const path of ['/docs', '/problems', '/dashboard']) {
    const { body, headers } = await server.get(path);
    t.match(headers['content-type'], /^text\/html; charset=utf-8/);
    t.match(String(headers['content-security-policy']), /^default-src 'none'/);
    const script = /<script>([\s\S]*?)<\/script>/.exec(body)?.[1];
    t.equal(script !== undefined, path === '/docs', `${path}: what is read runs no script`);
    const hash = createHash('sha256')
      .update(script ?? '')
      .digest('base64');
    const allowed = /script-src ([^;]+);/.exec(String(headers['content-security-policy']))?.[1];
    t.equal(allowed, script === undefined ? undefined : `'sha256-${hash}'`, `${path}: this script and no other`);
    t.notMatch(body.replace(/<script>[\s\S]*?<\/script>/, ''), /<script|<link|<img|javascript:| on[a-z]+=/i, path);
    t.match(body, /^<!doctype html>\n<html lang="en">/);
    for (const [, anchor] of body.matchAll(/href="#([^"]+)"/g))
      t.ok(body.includes(`id="${anchor}"`), `#${anchor} leads somewhere`);
  }
  for (const [, code] of docs.matchAll(/href="\/problems#([^"]+)"/g))
    t.ok(Object.hasOwn(problems, code ?? ''), `${code} is a problem`);
  t.match((await server.get('/')).headers, { location: '/dashboard' });
});
