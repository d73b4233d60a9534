/** The reference of the API for reading, rendered from its OpenAPI document. */

import type { ApiDocument, Content, Contents, Operation, Parameter, Schema, Schemas } from '../api-document.js';
import { type Html, html } from '../html.js';
import { markup } from '../markup.js';
import type { PageView } from '../page.js';
import { fieldsOf, nameIn, typeText } from '../schema-words.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function docsPage(document: ApiDocument): PageView {
  const routes = routesOf(document);
  const schemas = document.components?.schemas ?? {};
  const groups = (document.tags ?? []).map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags?.includes(name));
    return html`<section><h2>${name}</h2><p class="prose muted">${description}</p>${own.map((route) => routeHtml(route, schemas))}</section>`;
  });
  return {
    title: 'API',
    current: 'docs',
    scripts: ['docs.js'],
    parts: [
      {
        id: 'reference',
        html: html`<h1>${document.info.title} API</h1>
<p class="muted small">Version ${document.info.version}</p>
<p class="prose">${document.info.description} The same as a machine reads it: <a href="/openapi.json">/openapi.json</a>. What can be refused or fail: <a href="/problems">error codes</a>.</p>
<p class="search" hidden><label for="search">Search</label> <input type="search" id="search" autocomplete="off" spellcheck="false"> <span id="found" class="muted" role="status"></span></p>
<ul class="contents">${routes.map(contentsHtml)}</ul>
${groups}
<section id="events"><h2>Events</h2><p class="prose muted">The payload of each type that can be sent to <code>POST /v1/events</code>.</p>
${commandsIn(schemas).map((type) => eventHtml(type, schemas))}</section>`,
      },
    ],
  };
}

function routesOf({ paths }: ApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** The types of event that a command can ask for. */
const commandsIn = (schemas: Schemas): string[] =>
  (schemas.Command?.oneOf ?? []).flatMap(({ properties }) => nameIn(properties?.payload ?? {}) ?? []);

const anchorOf = (method: string, path: string): string =>
  `${method}-${path}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

/** What the search looks in. */
const wordsOf = ({ method, path, operation }: Route): string =>
  [method, path, operation.operationId, operation.summary, ...(operation.tags ?? [])].join(' ').toLowerCase();

const contentsHtml = (route: Route): Html =>
  html`<li data-words="${wordsOf(route)}"><a href="#${anchorOf(route.method, route.path)}"><code>${route.method} ${route.path}</code></a></li>`;

function routeHtml(route: Route, schemas: Schemas): Html {
  const { method, path, operation } = route;
  const anchor = anchorOf(method, path);
  const description = operation.description === operation.summary ? undefined : operation.description;
  const responses = Object.entries(operation.responses ?? {});
  return html`<article class="route" id="${anchor}" data-words="${wordsOf(route)}">
<h3><span class="method ${method.toLowerCase()}">${method}</span> <a href="#${anchor}"><code>${path}</code></a></h3>
<p>${operation.summary}</p>
${description !== undefined && proseHtml(description)}
${parametersHtml(operation.parameters ?? [], schemas)}
${contentHtml('Request', operation.requestBody?.content, schemas)}
${responses
  .filter(([status]) => /^[23]/.test(status))
  .map(([status, reply]) => html`<h4>${status} ${reply.description}</h4>${contentHtml('', reply.content, schemas)}`)}
${refusalsHtml(responses.filter(([status]) => /^[45]/.test(status)))}
</article>`;
}

function parametersHtml(parameters: readonly Parameter[], schemas: Schemas): Html | null {
  if (parameters.length === 0) return null;
  const rows = parameters.map(
    ({ name, in: place, required, description, schema = {} }) =>
      html`<tr><td><code>${name}</code></td><td class="muted">${place}${required === true && ', needed'}</td><td>${markup(description ?? typeText(schema, schemas))}</td></tr>`,
  );
  return html`<h4>Parameters</h4><table class="fields">${rows}</table>`;
}

function contentHtml(title: string, content: Contents | undefined, schemas: Schemas): Html[] {
  return Object.entries(content ?? {}).map(([type, { schema, example }]) => {
    const heading = title === '' ? html`<p class="small muted">${type}</p>` : html`<h4>${title}, ${type}</h4>`;
    return html`${heading}${schemaHtml(schema, schemas)}${example !== undefined && html`<pre tabindex="0"><code>${exampleText(example)}</code></pre>`}`;
  });
}

const exampleText = (example: unknown): string =>
  typeof example === 'string' ? example : JSON.stringify(example, null, 2);

function schemaHtml(schema: Schema | undefined, schemas: Schemas): Html | null {
  const fields = schema === undefined ? [] : fieldsOf(schema, schemas);
  if (fields.length === 0) return null;
  const rows = fields.map(
    ({ name, type, needed, text }) =>
      html`<tr><td><code>${name}</code></td><td class="muted">${type}${needed && ', needed'}</td><td>${markup(text)}</td></tr>`,
  );
  return html`<table class="fields">${rows}</table>`;
}

/** The codes of the problems of a route, by status. */
function refusalsHtml(refusals: readonly (readonly [string, { readonly content?: Contents }])[]): Html | null {
  if (refusals.length === 0) return null;
  const rows = refusals.map(
    ([status, { content = {} }]) =>
      html`<tr><td>${status}</td><td>${Object.values(content).flatMap(codesIn).map(codeHtml)}</td></tr>`,
  );
  return html`<h4>Refusals</h4><table class="fields">${rows}</table>`;
}

const codesIn = ({ examples = {} }: Content): string[] => Object.keys(examples);
const codeHtml = (code: string): Html => html`<a href="/problems#${code}"><code>${code}</code></a> `;

function eventHtml(type: string, schemas: Schemas): Html {
  const schema = schemas[type];
  const words = `${type} ${schema?.description}`.toLowerCase();
  return html`<article class="route" id="event-${type.replace('.', '-')}" data-words="${words}"><h3><code>${type}</code></h3><p>${schema?.description}</p>${schemaHtml(schema, schemas)}</article>`;
}

const proseHtml = (text: string): Html[] =>
  text.split('\n\n').map((part) => html`<p class="prose">${markup(part)}</p>`);
