/** What records of OTLP have in common: attributes, who sent them, and the uses that they tell. */
import { limits } from '../limits.js';
import { type JsonObject, listOf, objectOf, shortTextOf, sinceEpoch } from './json.js';
import { isDropped } from './otlp-dropped.js';
import type { TokensRead } from './provider-tokens.js';
import { Skipped } from './skipped.js';
import type { ClientFacts, UseSeen } from './source.js';

/** Texts, numbers and truth values by name; what is nested, and long texts (prompts, output of tools), are left out. */
export type Attributes = ReadonlyMap<string, string | number | boolean>;

export function attributesOf(list: unknown): Attributes {
  const attributes = new Map<string, string | number | boolean>();
  for (const entry of listOf(list)) {
    const { key, value } = objectOf(entry);
    const { stringValue, intValue, doubleValue, boolValue } = objectOf(value);
    const scalar = stringValue ?? intValue ?? doubleValue ?? boolValue;
    const isLong = typeof scalar === 'string' && scalar.length > limits.textCharactersMax;
    if (typeof key !== 'string' || isLong || isDropped(key)) continue;
    if (typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean') {
      attributes.set(key, scalar);
    }
  }
  return attributes;
}

/** The program that sends records. */
export interface Sender {
  readonly attributes: Attributes;
  readonly service: string | null;
}

export function senderOf(resource: unknown): Sender {
  const attributes = attributesOf(objectOf(resource).attributes);
  return { attributes, service: shortTextOf(attributes.get('service.name')) };
}

/** The identity is an attribute of the resource; some clients copy it to every record. */
export function placeOfRecord(sender: Sender, attributes: Attributes): ClientFacts {
  const first = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const text = shortTextOf(sender.attributes.get(name)) ?? shortTextOf(attributes.get(name));
      if (text !== null) return text;
    }
    return undefined;
  };
  return {
    agent: first('agent.id'),
    agentName: first('agent.name', 'gen_ai.agent.name'),
    host: first('host.name'),
    entrypoint: first('originator'),
    clientVersion: first('app.version', 'service.version'),
  };
}

/** Milliseconds UTC of nanoseconds; null where they are not told, which some clients write as 0. */
export const instantOfNanos = (nanos: unknown): number | null => sinceEpoch(nanos, 1e-6);

type Told = Pick<UseSeen, 'provider' | 'rank' | 'occurredAt' | 'session' | 'model' | 'place'> & Partial<UseSeen>;

/** The uses of one body, and what of it was not used. */
export class OtlpUses {
  readonly uses: UseSeen[] = [];
  readonly skipped = new Skipped();
  /** When it is read. */
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  add(read: TokensRead, told: Told): void {
    if ('reason' in read) return this.skipped.add(read.reason);
    this.uses.push({
      kind: 'use',
      response: null,
      request: null,
      part: null,
      ownKey: null,
      sidechain: false,
      saysSpeed: false,
      sessionIsCertain: told.session !== null,
      costUsd: null,
      pricing: {},
      tokens: read.tokens,
      ...told,
    });
  }
}

const recordsPerStep = 256;

/** Gives each record of a body, with its sender and the name of its scope; a step is some of them. */
export function* eachRecord(
  body: JsonObject,
  names: readonly [resources: string, scopes: string, records: string],
  take: (record: JsonObject, sender: Sender, scope: string | null) => void,
): Generator<void, void> {
  let count = 0;
  const [resources, scopes, records] = names;
  for (const one of listOf(body[resources])) {
    const sender = senderOf(objectOf(one).resource);
    for (const inner of listOf(objectOf(one)[scopes])) {
      const scope = shortTextOf(objectOf(objectOf(inner).scope).name);
      for (const record of listOf(objectOf(inner)[records])) {
        take(objectOf(record), sender, scope);
        count += 1;
        if (count % recordsPerStep === 0) yield;
      }
    }
  }
}
