/** The reference of the API for reading, rendered from its OpenAPI document. */
import type { ApiDocument, Contents, Operation, Parameter, Schema } from './api-document.js';
import { type Html, html } from './html.js';
import { markup } from './markup.js';
import { type Page, page } from './page.js';
import { fieldsOf, typeText } from './schema-words.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function docsPage(document: ApiDocument): Page {
  const routes = routesOf(document);
  const groups = (document.tags ?? []).map(({ name, description }) => {
    const own = routes.filter(({ operation }) => operation.tags?.includes(name));
    return html`<section><h2>${name}</h2><p class="prose muted">${description}</p>${own.map(routeHtml)}</section>`;
  });
  return page({
    title: 'API',
    current: 'docs',
    aside: html`<span class="aside">version ${document.info.version}</span>`,
    body: html`<h1>${document.info.title} API</h1>
<p class="prose">${document.info.description} The same as a machine reads it: <a href="/openapi.json">/openapi.json</a>. What can be refused or fail: <a href="/problems">problems</a>.</p>
<ul class="contents">${routes.map(({ method, path }) => html`<li><a href="#${anchorOf(method, path)}"><code>${method} ${path}</code></a></li>`)}</ul>
${groups}
<section id="events"><h2>Events</h2><p class="prose muted">The payload of each type that can be sent to <code>POST /v1/events</code>.</p>
${Object.entries(document.components?.schemas ?? {}).map(([type, schema]) => eventHtml(type, schema))}</section>`,
  });
}

function routesOf({ paths }: ApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'head')
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

const anchorOf = (method: string, path: string): string =>
  `${method}-${path}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

function routeHtml({ method, path, operation }: Route): Html {
  const anchor = anchorOf(method, path);
  const description = operation.description === operation.summary ? undefined : operation.description;
  return html`<article class="route" id="${anchor}">
<h3><span class="method ${method.toLowerCase()}">${method}</span> <a href="#${anchor}"><code>${path}</code></a></h3>
<p>${operation.summary}</p>
${description !== undefined && proseHtml(description)}
${parametersHtml(operation.parameters ?? [])}
${contentHtml('Request', operation.requestBody?.content)}
${Object.entries(operation.responses ?? {})
  .filter(([status]) => status !== 'default')
  .map(([status, reply]) => html`<h4>${status} ${reply.description}</h4>${contentHtml('', reply.content)}`)}
</article>`;
}

function parametersHtml(parameters: readonly Parameter[]): Html | null {
  if (parameters.length === 0) return null;
  const rows = parameters.map(
    ({ name, in: place, required, description, schema = {} }) =>
      html`<tr><td><code>${name}</code></td><td class="muted">${place}${required === true && ', needed'}</td><td>${markup(description ?? schema.description ?? typeText(schema))}</td></tr>`,
  );
  return html`<h4>Parameters</h4><table class="fields">${rows}</table>`;
}

function contentHtml(title: string, content: Contents | undefined): Html[] {
  return Object.entries(content ?? {}).map(([type, { schema, example }]) => {
    const heading = title === '' ? html`<p class="small muted">${type}</p>` : html`<h4>${title}, ${type}</h4>`;
    return html`${heading}${schemaHtml(schema)}${example !== undefined && html`<pre><code>${exampleText(example)}</code></pre>`}`;
  });
}

const exampleText = (example: unknown): string =>
  typeof example === 'string' ? example : JSON.stringify(example, null, 2);

function schemaHtml(schema: Schema | undefined): Html | null {
  const fields = schema === undefined ? [] : fieldsOf(schema);
  if (fields.length === 0) return null;
  const rows = fields.map(
    ({ name, type, needed, text }) =>
      html`<tr><td><code>${name}</code></td><td class="muted">${type}${needed && ', needed'}</td><td>${markup(text)}</td></tr>`,
  );
  return html`<table class="fields">${rows}</table>`;
}

function eventHtml(type: string, schema: Schema): Html {
  return html`<article class="route" id="event-${type.replace('.', '-')}"><h3><code>${type}</code></h3><p>${schema.description}</p>${schemaHtml(schema)}</article>`;
}

const proseHtml = (text: string): Html[] =>
  text.split('\n\n').map((part) => html`<p class="prose">${markup(part)}</p>`);
