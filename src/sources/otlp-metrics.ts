/**
 * Counters of tokens and cost, of Claude Code 2.1 and by the conventions for generative AI. A counter tells several responses at once,
 * so it serves only where none of them is told itself. Points of one series and one export are one use: with deltas each export is
 * another; of what a counter has counted since its start, the largest is all of it.
 */
import { sha256 } from '../events/chain.js';
import { totalOf } from '../events/meter.js';
import { type JsonObject, listOf, numberOf, objectOf, shortTextOf } from './json.js';
import { genAiModel, genAiProvider, genAiSession, hasOwnRecords } from './otlp-genai.js';
import {
  type Attributes,
  attributesOf,
  instantOfNanos,
  type OtlpUses,
  placeOfRecord,
  type Sender,
} from './otlp-record.js';
import { anthropicTokens, countOf, openAiTokens, type TokensRead } from './provider-tokens.js';

/** What part of a response a point counts: by the attribute `type` at Claude Code, else by the name of the counter. */
const claudeTypes: Readonly<Record<string, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cacheRead',
  cacheCreation: 'cacheWrite',
};
const genAiPrefix = 'gen_ai.client.inference.usage.';
const genAiCounters: Readonly<Record<string, string>> = {
  input_tokens: 'input',
  output_tokens: 'output',
  'cache_read.input_tokens': 'cacheRead',
  'cache_write.input_tokens': 'cacheWrite',
  'cache_creation.input_tokens': 'cacheWrite',
  'reasoning.output_tokens': 'reasoning',
};

/** Attributes that tell the parts of one use apart. */
const partAttributes = ['type', 'gen_ai.token.modality'];

/** Points that are one use. */
interface Series {
  readonly isClaude: boolean;
  readonly sender: Sender;
  readonly attributes: Attributes;
  readonly identity: string;
  readonly isDelta: boolean;
  start: string;
  end: string;
  /** By part, then by what else tells points apart. */
  readonly parts: Map<string, Map<string, unknown>>;
}

export class OtlpCounters {
  readonly #series = new Map<string, Series>();
  readonly #uses: OtlpUses;

  constructor(uses: OtlpUses) {
    this.#uses = uses;
  }

  take(metric: JsonObject, sender: Sender): void {
    const name = shortTextOf(metric.name) ?? '';
    const isClaude = name === 'claude_code.token.usage' || name === 'claude_code.cost.usage';
    const genAiPart = name.startsWith(genAiPrefix) ? genAiCounters[name.slice(genAiPrefix.length)] : undefined;
    if (!isClaude && (typeof genAiPart !== 'string' || hasOwnRecords(sender))) return;
    const { aggregationTemporality, dataPoints } = objectOf(metric.sum);
    const isDelta = [1, 'AGGREGATION_TEMPORALITY_DELTA'].includes(aggregationTemporality as number);
    const isCumulative = [2, 'AGGREGATION_TEMPORALITY_CUMULATIVE'].includes(aggregationTemporality as number);
    for (const entry of listOf(dataPoints)) {
      const point = objectOf(entry);
      const attributes = attributesOf(point.attributes);
      const part =
        name === 'claude_code.cost.usage' ? 'cost' : (genAiPart ?? claudeTypes[String(attributes.get('type'))]);
      if (!isDelta && !isCumulative) this.#uses.skipped.add('unknown-temporality');
      else if (typeof part !== 'string') this.#uses.skipped.add('unknown-token-type');
      else this.#takePoint(point, part, { isClaude, sender, attributes, isDelta });
    }
  }

  #takePoint(
    point: JsonObject,
    part: string,
    of: Pick<Series, 'isClaude' | 'sender' | 'attributes' | 'isDelta'>,
  ): void {
    const start = String(point.startTimeUnixNano ?? 0);
    const end = String(point.timeUnixNano ?? 0);
    const own = [...of.attributes].filter(([name]) => !partAttributes.includes(name));
    const identity = JSON.stringify([of.isClaude, of.isDelta, textsOf(of.sender.attributes), textsOf(own)]);
    const key = of.isDelta ? `${identity} ${end}` : identity;
    const series = this.#series.get(key) ?? { ...of, identity, start, end, parts: new Map() };
    this.#series.set(key, series);
    if (isEarlier(start, series.start)) series.start = start;
    if (isEarlier(series.end, end)) series.end = end;
    const points = series.parts.get(part) ?? new Map<string, unknown>();
    series.parts.set(part, points);
    const detail = `${start} ${partAttributes.map((name) => of.attributes.get(name)).join(' ')}`;
    const value = point.asInt ?? point.asDouble;
    if ((numberOf(value) ?? 0) >= (numberOf(points.get(detail)) ?? 0)) points.set(detail, value);
  }

  /** When all points are taken. */
  finish(): void {
    for (const series of this.#series.values()) this.#use(series);
  }

  #use({ isClaude, sender, attributes, identity, isDelta, start, end, parts }: Series): void {
    const read = this.#tokensOf(isClaude, parts);
    const costs = [...(parts.get('cost')?.values() ?? [])].map((cost) => numberOf(cost) ?? 0);
    const cost = costs.reduce((sum, one) => sum + Math.max(0, one), 0);
    const costUsd = costs.length === 0 || !Number.isFinite(cost) ? null : cost;
    if ('tokens' in read && totalOf(read.tokens) === 0 && (costUsd ?? 0) === 0) return;
    this.#uses.add(read, {
      provider: isClaude ? 'anthropic' : genAiProvider(attributes),
      ownKey: `counter:${sha256(`${identity} ${isDelta ? end : start}`).slice(0, 32)}`,
      rank: 'estimated',
      isStopgap: true,
      isCumulative: !isDelta,
      occurredAt: instantOfNanos(end) ?? this.#uses.at,
      session: genAiSession(attributes),
      model: isClaude ? shortTextOf(attributes.get('model')) : genAiModel(attributes),
      costUsd,
      place: placeOfRecord(sender, attributes),
    });
  }

  #tokensOf(isClaude: boolean, parts: Series['parts']): TokensRead {
    const figures: Record<string, number> = {};
    for (const [part, points] of parts) {
      if (part === 'cost') continue;
      for (const point of points.values()) {
        const count = countOf(point);
        if (typeof count === 'string') return { reason: count };
        figures[part] = (figures[part] ?? 0) + (count ?? 0);
      }
    }
    if (Object.keys(figures).length === 0) return { tokens: {} };
    return isClaude ? anthropicTokens(figures) : openAiTokens(figures);
  }
}

const textsOf = (attributes: Iterable<readonly [string, unknown]>): string[] =>
  [...attributes].map(([name, value]) => `${name}=${value}`).sort();

/** Nanoseconds as text: 19 digits in our time, and neither negative nor with zeros before them. */
const isEarlier = (nanos: string, other: string): boolean =>
  nanos.length === other.length ? nanos < other : nanos.length < other.length;
