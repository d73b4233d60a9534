/** One response in a transcript of Claude Code: a line of its own, or inside the wrapper that reported on sub-agents before 2.1. */
import { limits } from '../limits.js';
import { isCredential } from './credentials.js';
import { instantOf, isObject, type JsonObject, objectOf } from './json.js';
import type { ClientFacts } from './source.js';

/** Is told why something was not used. */
export type Skip = (reason: string) => void;

export interface ClaudeRecord {
  /** What is said of the response, `message` among it. */
  readonly fields: JsonObject;
  /** The whole line: the same, without a wrapper. */
  readonly line: JsonObject;
  readonly message: JsonObject;
  readonly sidechain: boolean;
}

/** Null where a line is no response. */
export function recordOf(line: unknown): ClaudeRecord | null {
  if (!isObject(line)) return null;
  if (line.type === 'assistant') return recordIn(line, line, line.isSidechain === true);
  const { data } = line;
  if (!isObject(data) || data.type !== 'agent_progress' || !isObject(data.message)) return null;
  const fields = data.message;
  const isResponse = fields.type === 'assistant' || fields.type === undefined;
  return isResponse ? recordIn(fields, line, fields.isSidechain !== false) : null;
}

function recordIn(fields: JsonObject, line: JsonObject, sidechain: boolean): ClaudeRecord {
  return { fields, line, message: objectOf(fields.message), sidechain };
}

/** Milliseconds UTC; null where it is not said, or no date. */
export const occurredAtOf = ({ fields, line }: ClaudeRecord): number | null =>
  instantOf(fields.timestamp ?? line.timestamp);

/** Of messages that the client made itself. */
export const syntheticModel = '<synthetic>';

/** Null where it is left out; undefined where it is there and no name: null, empty, of another type, too long, or a credential. */
export function nameOf(value: unknown): string | null | undefined {
  if (value === undefined) return null;
  const isName = typeof value === 'string' && value !== '' && value.length <= limits.textCharactersMax;
  return isName && !isCredential(value) ? value : undefined;
}

/** `skip` is told of a folder that is left out. */
export function originOf({ line: { cwd, entrypoint, version } }: ClaudeRecord, skip: Skip): ClientFacts {
  const folder = typeof cwd === 'string' && cwd.length <= limits.rawCharactersMax ? cwd : undefined;
  const isKept = folder === undefined || !isCredential(folder);
  if (!isKept) skip('credential');
  return {
    cwd: isKept ? folder : undefined,
    entrypoint: nameOf(entrypoint) ?? undefined,
    clientVersion: nameOf(version) ?? undefined,
  };
}
