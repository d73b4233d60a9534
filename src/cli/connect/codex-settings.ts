/** `config.toml` of Codex: an exporter of its telemetry, in a marked block at the end, so that nothing else is touched. */
import { isDeepStrictEqual } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { type Edited, type Entry, type SettingsEditor, SettingsFault, type Withdrawn } from './editor.js';
import { hasBlock, withBlock, withoutBlock } from './marked-block.js';
import { addressFor, type Wish } from './wish.js';

type Table = Record<string, unknown>;

export function codexEditor(wish: Wish): SettingsEditor {
  const endpoint = addressFor({ ...wish, identity: undefined }, '/v1/logs');
  const headers = wish.identity === undefined ? {} : { 'x-resource-share-agent': wish.identity };
  const exporter = { endpoint, protocol: 'binary', ...(wish.identity === undefined ? {} : { headers }) };
  const lines = [
    '[otel.exporter.otlp-http]',
    `endpoint = ${JSON.stringify(endpoint)}`,
    'protocol = "binary"',
    ...Object.entries(headers).map(
      ([name, value]) => `headers = { ${JSON.stringify(name)} = ${JSON.stringify(value)} }`,
    ),
  ];
  return { edit: (text) => edit(text ?? '', lines, exporter), withdraw: withdrawCodex };
}

function edit(text: string, lines: readonly string[], exporter: object): Edited {
  const before = parsed(text);
  const there = (before.otel as Table | undefined)?.exporter;
  if (there !== undefined) {
    const isOurs = isDeepStrictEqual(there, { 'otlp-http': exporter });
    const part = isOurs
      ? ({ what: 'telemetry', state: 'there' } as const)
      : ({ what: 'telemetry', state: 'kept', note: 'otel.exporter is set already' } as const);
    return { text, entries: [], parts: [part], remarks: [] };
  }
  const { text: after, entry } = withBlock(text, lines);
  requireOnly(before, after, exporter);
  return { text: after, entries: [entry], parts: [{ what: 'telemetry', state: 'added' }], remarks: [] };
}

/** `otel = {…}` cannot be added to, and what is said twice is no TOML. */
function requireOnly(before: Table, text: string, exporter: object): void {
  const expected = { ...before, otel: { ...(before.otel as Table | undefined), exporter: { 'otlp-http': exporter } } };
  let after: unknown = null;
  try {
    after = parsed(text);
  } catch {
    // Told below.
  }
  if (!isDeepStrictEqual(after, expected)) throw new SettingsFault('has an [otel] that cannot be added to safely');
}

export function withdrawCodex(text: string, entries: readonly Entry[]): Withdrawn {
  let rest = text;
  const left: string[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'block') continue;
    const without = withoutBlock(rest, entry);
    if (without !== null) rest = without;
    else if (hasBlock(rest)) left.push('otel.exporter');
  }
  if (rest === text) return { text, left };
  const { exporter: _, ...otel } = parsed(text).otel as Table;
  const { otel: __, ...others } = parsed(text);
  const found = parsed(rest);
  const { otel: otelLeft = {}, ...othersLeft } = found;
  if (!isDeepStrictEqual([otelLeft, othersLeft], [otel, others]))
    throw new SettingsFault(
      'has lines behind the marked block that would change their meaning: take the block out by hand',
    );
  return { text: rest, left };
}

/** Without the prototypes of the parser. */
function parsed(text: string): Table {
  try {
    return structuredClone(parse(text)) as Table;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    throw new SettingsFault(`is no TOML: ${what} in line ${error.line}, column ${error.column}`);
  }
}
