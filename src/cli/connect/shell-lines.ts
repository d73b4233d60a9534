/** The environment of any OpenTelemetry exporter, as lines of a shell. */
import { quoted } from '../shell-quote.js';
import type { Entry, SettingsEditor, Withdrawn } from './editor.js';
import { hasBlock, withBlock, withoutBlock } from './marked-block.js';
import { addressFor, resourceAttributes, type Wish } from './wish.js';

export function shellLines(wish: Wish): string[] {
  const { identity } = wish;
  const variables: Record<string, string> = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', ...endpointsOf(wish) };
  if (identity !== undefined) variables.OTEL_RESOURCE_ATTRIBUTES = resourceAttributes(identity);
  return Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
}

/** Exporters append the path of a signal to the one address; where it has a query, each has to be given. */
function endpointsOf(wish: Wish): Record<string, string> {
  if (wish.pool === undefined) return { OTEL_EXPORTER_OTLP_ENDPOINT: wish.url };
  const signals = ['logs', 'metrics', 'traces'].map((signal) => [
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`,
    addressFor({ ...wish, identity: undefined }, `/v1/${signal}`),
  ]);
  return Object.fromEntries(signals);
}

export function shellEditor(wish: Wish): SettingsEditor {
  return {
    edit: (given) => {
      const text = given ?? '';
      if (hasBlock(text)) {
        const isThere = text.includes(withBlock('', shellLines(wish)).entry.block);
        const part = {
          what: 'variables',
          state: isThere ? 'there' : 'kept',
          note: 'a block of another run is there',
        } as const;
        return { text, entries: [], parts: [part], remarks: [] };
      }
      const { text: after, entry } = withBlock(text, shellLines(wish));
      return { text: after, entries: [entry], parts: [{ what: 'variables', state: 'added' }], remarks: [] };
    },
    withdraw: withdrawShell,
  };
}

export function withdrawShell(text: string, entries: readonly Entry[]): Withdrawn {
  let rest = text;
  const left: string[] = [];
  for (const entry of entries) {
    const without = entry.kind === 'block' ? withoutBlock(rest, entry) : null;
    if (without !== null) rest = without;
    else if (hasBlock(rest)) left.push('the marked block');
  }
  return { text: rest, left };
}
