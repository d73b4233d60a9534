/** Goal: the description of the API is valid, complete and true; the pages made of it are safe. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
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
        const type = operation.tags?.[0] === 'Pages' ? 'application/x-www-form-urlencoded' : 'application/json';
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

t.test('the pages: every route, event and problem, nothing from elsewhere, and no script in the text', async (t) => {
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
    const nonce = /script-src 'self' 'nonce-([^']+)';/.exec(String(headers['content-security-policy']))?.[1];
    t.match(String(headers['content-security-policy']), /require-trusted-types-for 'script'; trusted-types parts$/);
    const loaded = [...body.matchAll(/<(?:script|link)\b[^>]*>/g)].map(([tag]) => tag);
    t.equal(loaded.length, path === '/docs' ? 4 : 3, `${path}: icon, style and script`);
    for (const tag of loaded) t.match(tag, /(?:href|src)="\/assets\/[\w.-]+"/, 'of this server');
    for (const tag of loaded.filter((each) => !each.includes('rel="icon"')))
      t.ok(tag.includes(`nonce="${nonce}"`), tag);
    t.notMatch(
      body.replace(/<script [^>]*><\/script>/g, ''),
      /<script|<img|javascript:| on[a-z]+=|<style| style=/i,
      path,
    );
    t.not(
      (await server.get(path)).headers['content-security-policy'],
      headers['content-security-policy'],
      'a nonce each',
    );
    t.match(body, /^<!doctype html>\n<html lang="en">/);
    for (const [, anchor] of body.matchAll(/href="#([^"]+)"/g))
      t.ok(body.includes(`id="${anchor}"`), `#${anchor} leads somewhere`);
  }
  for (const [, code] of docs.matchAll(/href="\/problems#([^"]+)"/g))
    t.ok(Object.hasOwn(problems, code ?? ''), `${code} is a problem`);
  t.match((await server.get('/')).headers, { location: '/dashboard' });
});

t.test('what pages load is kept for good, compressed, and nothing else of the disk', async (t) => {
  const server = await testServer(t);
  const { body } = await server.get('/docs');
  const paths = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
  t.equal(paths.length, 4);
  const types = /^(text\/javascript; charset=utf-8|text\/css; charset=utf-8|image\/svg\+xml)$/;
  for (const path of paths) {
    const plain = await server.get(path);
    t.equal(plain.statusCode, 200);
    t.match(plain.headers, { 'content-type': types, 'cache-control': /immutable/, vary: 'Accept-Encoding' });
    for (const [coding, open] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const packed = await server.app.inject({ url: path, headers: { 'accept-encoding': coding } });
      t.equal(packed.headers['content-encoding'], coding);
      t.equal(open(packed.rawPayload).toString(), plain.body);
    }
  }
  for (const name of ['names.json', '..%2fmain.js', '%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json', 'page.js', 'x'])
    t.equal((await server.get(`/assets/${name}`)).statusCode, 404, name);
});

t.test('a person in a browser is shown a page where something is refused; a program gets the problem', async (t) => {
  const server = await testServer(t);
  const ask = (url: string, headers: Record<string, string>) => server.app.inject({ url, headers });
  const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-dest': 'document' };
  const shown = await ask('/nowhere<b>', browser);
  t.equal(shown.statusCode, 404);
  t.match(shown.headers, { 'content-type': 'text/html; charset=utf-8' });
  t.match(shown.body, /<a href="\/problems#route_unknown">/);
  t.notMatch(shown.body, '<b>');
  t.match((await ask('/dashboard?pool=none', browser)).body, 'there is no pool none');
  const programs: Record<string, string>[] = [{}, { accept: '*/*' }, { ...browser, 'sec-fetch-dest': 'empty' }];
  for (const headers of programs)
    t.match((await ask('/nowhere', headers)).headers, { 'content-type': 'application/problem+json' });
});
