/** Lines of transcripts as Claude Code writes them, with invented content. */

export type Line = Readonly<Record<string, unknown>>;

export interface LineParts {
  readonly usage?: Line;
  readonly message?: Line;
  readonly line?: Line;
}

/** A response in one line; what is undefined is left out. */
export function claudeLine({ usage, message, line }: LineParts = {}): Line {
  return {
    isSidechain: false,
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5',
      content: [{ type: 'text', text: 'words' }],
      stop_reason: 'end_turn',
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 100,
        output_tokens: 5,
        ...usage,
      },
      ...message,
    },
    requestId: 'req_1',
    type: 'assistant',
    uuid: 'u1',
    timestamp: '2026-11-28T10:00:00.000Z',
    entrypoint: 'cli',
    cwd: '/srv/p1',
    sessionId: 's1',
    version: '2.1.332',
    ...line,
  };
}

/** As the old wrapper that reported on sub-agents has it, in the file of the session. */
export function wrappedLine(parts: LineParts = {}): Line {
  const { sessionId, version, cwd, isSidechain, ...inner } = claudeLine(parts);
  const data = { type: 'agent_progress', agentId: 'a1', message: inner };
  return {
    type: 'progress',
    isSidechain: false,
    uuid: 'w1',
    timestamp: inner.timestamp,
    sessionId,
    version,
    cwd,
    data,
  };
}

/** A response under an id of its own. */
export const response = (id: string | number, usage: Line = {}): Line =>
  claudeLine({ usage, message: { id: `msg_${id}` }, line: { requestId: `req_${id}`, uuid: `u${id}` } });

export const textOf = (...lines: readonly (Line | string)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
