/** Sources of data: what each has told of late, what came of it, what was left out and why, and how to connect another. */
import type { SourceWord } from '../../status/source-words.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { clockText, relativeText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { asOfText, type PageView } from '../page.js';
import { needsAdmin } from '../parts/needs-scope.js';

/** What came of data of others since the daemon started, of all pools. */
export interface SourceCounts {
  readonly format: string;
  readonly lastSeenAt: number;
  readonly read: number;
  readonly recorded: number;
  readonly repeated: number;
  readonly corrected: number;
  readonly refused: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** A secret by which somebody signs webhooks. */
export interface WebhookSender {
  readonly id: string;
  readonly source: string;
  readonly pool: string;
  readonly identity: string | null;
  readonly label: string | null;
  readonly status: string;
  readonly uses: number;
  readonly lastUsedAt: number | null;
}

export interface SourcesInput {
  readonly pool: string;
  readonly pools: readonly string[];
  readonly at: number;
  readonly timeZone: string;
  readonly seq: number;
  readonly words: readonly SourceWord[];
  /** What each is, by name of the adapter or format. */
  readonly meanings: ReadonlyMap<string, string>;
  /** Sources that fell silent, of which an alert tells, by name. */
  readonly silent: ReadonlySet<string>;
  /** Null for who may not see all pools. */
  readonly taken: readonly SourceCounts[] | null;
  /** Null for who may not see them. */
  readonly senders: readonly WebhookSender[] | null;
  readonly mayAct: boolean;
  /** Of this server. */
  readonly url: string;
}

export function sourcesPage(input: SourcesInput): PageView {
  const { pool, pools, url } = input;
  return {
    title: `Sources of ${pool}`,
    current: 'sources',
    pool,
    pools,
    parts: [
      { id: 'head', live: true, html: html`<h1>Sources of <bdi>${pool}</bdi></h1>${asOfText(input)}` },
      { id: 'words', live: true, html: wordsSection(input) },
      { id: 'taken', live: true, html: takenSection(input) },
      { id: 'senders', live: true, html: sendersSection(input) },
      { id: 'connect', html: connectSection(url) },
    ],
  };
}

function wordsSection({ words, meanings, silent, at, timeZone, pool }: SourcesInput): Html {
  if (words.length === 0)
    return html`<section><h2>Last word of each</h2><p class="empty">Nothing was reported to <bdi>${pool}</bdi> in the last seven days. What comes shows here by itself; below are the ways to connect something.</p></section>`;
  return html`<section><h2>Last word of each</h2>
<p class="prose small">What each source told this pool in the last seven days, by the time when it was recorded. What two of them tell of the same response counts once.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Table of sources"><table class="stack">
<thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col">Last word</th><th scope="col" class="number">Today</th><th scope="col" class="number">Last 7 days</th></tr></thead>
<tbody>${words.map(
    (word) => html`<tr data-key="${word.source}">
<th scope="row" class="name"><bdi>${word.source}</bdi><small>${meanings.get(word.source)}</small></th>
<td data-label="State"><span>${stateBadge(word, silent, at)}</span></td>
<td data-label="Last word"><span>${relativeText(word.lastAt, at)}<br><span class="muted small">${clockText(word.lastAt, timeZone)}</span></span></td>
<td class="number" data-label="Today"><span>${reportsText(word.reportsToday)}<br><span class="muted small">${usdText(word.usdToday)}</span></span></td>
<td class="number" data-label="Last 7 days"><span>${reportsText(word.reportsWeek)}${word.readingsWeek > 0 && html`<br><span class="muted small">${countText(word.readingsWeek)} readings of the quota</span>`}</span></td>
</tr>`,
  )}</tbody></table></div></section>`;
}

const reportsText = (count: number): string => `${countText(count)} ${count === 1 ? 'report' : 'reports'}`;

const dayMs = 86_400_000;

/** That one fell silent is found by its own habit; a day without a word is only said. */
function stateBadge({ source, lastAt }: SourceWord, silent: ReadonlySet<string>, at: number): Html {
  if (silent.has(source)) return html`<span class="badge bad">silent</span>`;
  if (at - lastAt < dayMs) return html`<span class="badge good">reports</span>`;
  return html`<span class="badge">no word today</span>`;
}

function takenSection({ taken, meanings, at }: SourcesInput): Html {
  if (taken === null)
    return html`<section><h2>What was taken and left out</h2><p class="small muted">These figures are of all pools: a key that is for all of them shows them.</p></section>`;
  if (taken.length === 0)
    return html`<section><h2>What was taken and left out</h2><p class="empty">Since this daemon started, no files were read, and no telemetry, hook or signed webhook came in. Reports by the API are not counted here.</p></section>`;
  return html`<section><h2>What was taken and left out</h2>
<p class="prose small">Of data that others write, in all pools, since this daemon started. “Known” was recorded before, “better” is known better now, “refused” the ledger did not take; the rest was left out for the reason that stands there.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Table of what was taken"><table class="stack">
<thead><tr><th scope="col">Format</th><th scope="col">Heard</th><th scope="col" class="number">Read</th><th scope="col" class="number">Recorded</th><th scope="col" class="number">Known</th><th scope="col" class="number">Better</th><th scope="col" class="number">Refused</th><th scope="col">Left out</th></tr></thead>
<tbody>${taken.map(
    (one) => html`<tr data-key="${one.format}">
<th scope="row" class="name"><bdi>${one.format}</bdi><small>${meanings.get(one.format)}</small></th>
<td data-label="Heard">${relativeText(one.lastSeenAt, at)}</td>
<td class="number" data-label="Read">${countText(one.read)}</td>
<td class="number" data-label="Recorded">${countText(one.recorded)}</td>
<td class="number" data-label="Known">${countText(one.repeated)}</td>
<td class="number" data-label="Better">${countText(one.corrected)}</td>
<td class="number" data-label="Refused"><span>${one.refused > 0 ? html`<span class="badge bad">${countText(one.refused)}</span>` : '0'}</span></td>
<td class="small" data-label="Left out"><span>${skippedText(one.skipped)}</span></td>
</tr>`,
  )}</tbody></table></div></section>`;
}

function skippedText(skipped: Readonly<Record<string, number>>): Html[] | string {
  const reasons = Object.entries(skipped).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return 'nothing';
  return reasons.map(
    ([reason, count], i) => html`${i > 0 && html`<br>`}${countText(count)} ${reason.replaceAll('-', ' ')}`,
  );
}

function sendersSection({ senders, mayAct, at }: SourcesInput): Html | null {
  if (senders === null)
    return mayAct ? null : html`<section><h2>Signed webhooks</h2>${needsAdmin('Seeing who signs webhooks')}</section>`;
  if (senders.length === 0) return null;
  return html`<section><h2>Signed webhooks</h2>
<p class="prose small">Secrets with which others sign what they send to <code>/v1/webhooks/SOURCE</code>. One that was never used is of a sender that does not reach this server, or signs in another way.</p>
<div class="scroll" tabindex="0" role="group" aria-label="Table of signed webhooks"><table class="stack">
<thead><tr><th scope="col">Secret</th><th scope="col">Source</th><th scope="col">Pool</th><th scope="col">Identity</th><th scope="col">State</th><th scope="col" class="number">Messages</th><th scope="col">Last one</th></tr></thead>
<tbody>${senders.map(
    ({ id, source, pool, identity, label, status, uses, lastUsedAt }) => html`<tr data-key="${id}">
<th scope="row" class="name"><code>${id}</code>${label !== null && html`<small><bdi>${label}</bdi></small>`}</th>
<td data-label="Source"><bdi>${source}</bdi></td>
<td data-label="Pool"><bdi>${pool}</bdi></td>
<td data-label="Identity"><bdi>${identity ?? 'as the data says'}</bdi></td>
<td data-label="State"><span><span class="badge ${status === 'works' ? 'good' : ''}">${status}</span></span></td>
<td class="number" data-label="Messages">${countText(uses)}</td>
<td data-label="Last one">${lastUsedAt === null ? 'never' : relativeText(lastUsedAt, at)}</td>
</tr>`,
  )}</tbody></table></div></section>`;
}

interface Way {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

const waysTo = (url: string): readonly Way[] => [
  {
    title: 'What runs on this machine',
    text: 'Finds Claude Code, Codex, Gemini CLI and OpenTelemetry, shows what it would change, and asks.',
    command: 'resource-share connect',
  },
  {
    title: 'Files of this machine',
    text: 'Takes in what these programs have kept, and follows what they write. With the setting sources.collect the daemon does it by itself.',
    command: 'resource-share collect',
  },
  {
    title: 'Another machine',
    text: 'Prints a line with a key in it, to be pasted there.',
    command: `resource-share keys create --for-machine NAME --url ${url}`,
  },
  {
    title: 'OpenTelemetry',
    text: 'OTLP over HTTP, in JSON and protobuf, from any program that exports it. agent.id says whose use it is.',
    command: `export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${url}\nexport OTEL_RESOURCE_ATTRIBUTES=agent.id=NAME`,
  },
  {
    title: 'Signed webhooks',
    text: 'Makes the secret with which somebody else signs what it sends here.',
    command: 'resource-share webhooks secrets create events --to-file ./sender.secret',
  },
  {
    title: 'Does a reader work here?',
    text: 'Says where files are looked for, whether they can be read, and what the newest one shows.',
    command: 'resource-share sources test claude-transcript',
  },
];

function connectSection(url: string): Html {
  return html`<section><h2>Connect another</h2><div class="cards">${waysTo(url).map(
    ({ title, text, command }) => html`<article class="card"><h3>${title}</h3><p class="small">${text}</p>
<pre class="command" tabindex="0"><code>${command}</code></pre>
<button type="button" data-copy="${command}">Copy<span class="unseen"> ${title}</span></button></article>`,
  )}</div></section>`;
}
