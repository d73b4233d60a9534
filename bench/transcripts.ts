/** Transcripts to read, made up: as those of agents at work, in which few lines say what was used, and as nothing but such lines. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomSource } from '../test/support/random.js';

export type TranscriptKind = 'long lines' | 'usage alone';

const otherLines = 30;
const otherBytesMax = 60_000;
const usageBytes = 5_000;
const fileBytes = 25_000_000;

/** Writes files of so many bytes in all; returns how many responses they tell of. */
export function writeTranscripts(folder: string, kind: TranscriptKind, bytes: number): number {
  const random = randomSource(4_711);
  const others = Array.from({ length: otherLines }, (_, i) =>
    promptLine(random, (otherBytesMax * (i + 1)) / otherLines),
  );
  let responses = 0;
  let written = 0;
  for (let session = 0; written < bytes; session++) {
    const project = join(folder, 'projects', `-srv-p${session % 3}`);
    mkdirSync(project, { recursive: true });
    const file = openSync(join(project, `${sessionId(session)}.jsonl`), 'w');
    for (let ofFile = 0; ofFile < fileBytes && written < bytes; responses++) {
      const lines =
        kind === 'long lines' ? [usageLine(session, responses, 0, usageBytes), ...others] : blocks(session, responses);
      const length = writeSync(file, lines.join(''));
      ofFile += length;
      written += length;
    }
    closeSync(file);
  }
  return responses;
}

/** A response that was told block by block: thinking, text, a tool. */
const blocks = (session: number, response: number): string[] =>
  Array.from({ length: 1 + (response % 3) }, (_, block) => usageLine(session, response, block, 0));

const words = 'the agent reads a file and says "what" it found:\n    const value = { type: 1 };\n'.split(' ');

function promptLine(random: () => number, bytes: number): string {
  let content = '';
  while (content.length < bytes) content += `${words[Math.floor(random() * words.length)]} `;
  return `${JSON.stringify({ parentUuid: null, type: 'user', message: { role: 'user', content }, uuid: content.length })}\n`;
}

const sessionId = (session: number): string => `11111111-1111-4111-8111-${String(session).padStart(12, '0')}`;

function usageLine(session: number, response: number, block: number, bytes: number): string {
  const id = String(response).padStart(12, '0');
  const usage = {
    input_tokens: response % 5_000,
    cache_creation_input_tokens: 2_003,
    cache_read_input_tokens: 30_007,
    output_tokens: 211,
    output_tokens_details: { thinking_tokens: 41 },
    server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
    service_tier: 'standard',
    cache_creation: { ephemeral_1h_input_tokens: 502, ephemeral_5m_input_tokens: 1_501 },
    inference_geo: 'global',
    iterations: [],
    speed: 'standard',
  };
  const content = [{ type: 'text', text: 'as said '.repeat(10 + bytes / 8) }];
  const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model: 'claude-opus-5', content };
  const line = {
    parentUuid: `22222222-2222-4222-8222-${id}`,
    isSidechain: false,
    message: { ...message, stop_reason: 'end_turn', stop_sequence: null, usage },
    apiBlockIndex: block,
    requestId: `req_${id}`,
    type: 'assistant',
    uuid: `3333333${block}-3333-4333-8333-${id}`,
    timestamp: new Date(1_795_860_000_000 + response * 1_000 + block).toISOString(),
    userType: 'external',
    entrypoint: 'cli',
    cwd: '/srv/p1',
    sessionId: sessionId(session),
    version: '2.1.332',
  };
  return `${JSON.stringify(line)}\n`;
}
