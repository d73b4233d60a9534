/**
 * Sessions of Gemini CLI, `tmp/<project>/chats/session-*.jsonl`, as Gemini CLI 0.61 writes them: a line about the session, then
 * messages, and changes of the session that may hold messages, too. Older clients wrote one JSON document a session. A message may
 * be written more than once; its id says which it is.
 */
import { totalOf } from '../events/meter.js';
import { keptText } from './credentials.js';
import { instantOf, isObject, type JsonObject, listOf, objectOf, parseObject } from './json.js';
import { eachLine } from './lines.js';
import { geminiTokens } from './provider-tokens.js';
import { Skipped } from './skipped.js';
import type { ReadContext, Source, UseSeen } from './source.js';

export const geminiChat: Source = {
  format: 'gemini-chat',
  version: 1,
  unit: 'lines',
  isDocument: (path) => path.toLowerCase().endsWith('.json'),
  accepts: (path) => /(^|\/)session-[^/]*\.jsonl?$/i.test(path) || /(^|\/)chats\/[^.]*\.jsonl?$/i.test(path),
  read(input, context) {
    const reader = new ChatReader(context);
    const document = context.path?.toLowerCase().endsWith('.jsonl') ? null : parseObject(input);
    let consumed = input.byteLength;
    if (Array.isArray(document?.messages)) reader.take(document);
    else consumed = eachLine(input, context.mayGrow === true, reader.skipped, (line) => reader.takeLine(line));
    const { uses, skipped, state } = reader;
    return { observations: uses, skipped: skipped.counts, refused: null, consumed, state };
  },
};

/** Most lines are none of these, and are not parsed. */
const markers = ['"tokens"', '"sessionId"'].map((text) => Buffer.from(text));

/** Plain JSON. */
interface ChatState {
  readonly session: string | null;
  /** Of the newest line that has a time. */
  readonly at: number | null;
}

class ChatReader {
  readonly uses: UseSeen[] = [];
  readonly skipped = new Skipped();
  readonly #at: number;
  state: ChatState;

  constructor({ at, state }: ReadContext) {
    this.#at = at;
    this.state = (state as ChatState | undefined) ?? { session: null, at: null };
  }

  takeLine(bytes: Buffer): void {
    if (!markers.some((marker) => bytes.includes(marker))) return;
    const line = parseObject(bytes);
    if (line === null) return this.skipped.add('not-json');
    this.take(line);
    if (isObject(line.$set)) this.take(line.$set);
  }

  /** A line, a change, or a whole document: any of them says perhaps which session it is, and holds perhaps messages. */
  take(object: JsonObject): void {
    this.state = {
      session: keptText(object.sessionId, this.skipped) ?? this.state.session,
      at: instantOf(object.timestamp) ?? instantOf(object.startTime) ?? this.state.at,
    };
    if (object.type === 'gemini') this.#takeMessage(object);
    for (const message of listOf(object.messages)) {
      if (isObject(message) && message.type === 'gemini') this.#takeMessage(message);
    }
  }

  #takeMessage({ id, tokens, model, timestamp }: JsonObject): void {
    if (!isObject(tokens)) return;
    const { input, cached, output, thoughts, tool } = objectOf(tokens);
    const read = geminiTokens({ prompt: input, cached, candidates: output, thoughts, tool });
    if ('reason' in read) return this.skipped.add(read.reason);
    const ownKey = keptText(id, this.skipped);
    if (ownKey === null) return this.skipped.add('no-message-id');
    if (totalOf(read.tokens) === 0) return this.skipped.add('no-counts');
    this.uses.push({
      kind: 'use',
      provider: 'gemini',
      response: null,
      request: null,
      part: null,
      ownKey,
      sidechain: false,
      rank: 'final',
      saysSpeed: false,
      tokens: read.tokens,
      occurredAt: instantOf(timestamp) ?? this.state.at ?? this.#at,
      session: this.state.session,
      sessionIsCertain: false,
      model: keptText(model, this.skipped),
      costUsd: null,
      pricing: {},
      place: {},
    });
  }
}
