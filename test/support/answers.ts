/** What readers make of an answer of a provider. */
import type { ReadResult, Source, UseSeen } from '../../src/sources/source.js';

export function answered(source: Source, body: string | Uint8Array, headers?: Record<string, string>): ReadResult {
  return source.read(Buffer.from(body as string), { at: 7, path: null, headers });
}

export function onlyUse(source: Source, body: string | Uint8Array, headers?: Record<string, string>): UseSeen {
  const { observations } = answered(source, body, headers);
  if (observations.length !== 1 || observations[0]?.kind !== 'use')
    throw new Error(`there is no use of its own in ${JSON.stringify(observations)}`);
  return observations[0];
}

export const sse = (...events: readonly object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
