/**
 * A made `~/.claude`: three agents in three folders, two months of sessions, each with a sub-agent, a fork of the last of each that
 * repeats its lines, and a limit that was reached. Credentials are there, too, which nobody may read.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claudeLine, type Line, textOf } from './claude-lines.js';
import type { Home } from './home.js';

export const madeAgents = ['Ada', 'Ben', 'Cleo'] as const;
export const madeModels = ['claude-opus-5', 'claude-opus-4-8', 'claude-haiku-4-5'] as const;
/** Never to be seen anywhere but in its file. */
export const madeSecret = 'sk-ant-oat01-marked-secret';

export interface MadeHome {
  /** Responses that count, each once. */
  readonly responses: number;
  readonly sessions: number;
  readonly days: number;
}

const dayMs = 86_400_000;
const perSession = 4;

export const rulesOf = (agents: readonly string[]) =>
  agents.map((identity) => ({ cwd: `/srv/${identity.toLowerCase()}/**`, identity }));

/**
 * What the guides show: a made `~/.claude` whose folders rules say the agents of, sessions of Codex and Gemini CLI, and settings of all
 * three.
 */
export function makeClientHomes({ home, write: put }: Pick<Home, 'home' | 'write'>): void {
  const at = Date.UTC(2026, 0, 10, 9);
  makeClaudeHome(home, at);
  put('.config/resource-share/config.json', JSON.stringify({ sources: { rules: rulesOf(madeAgents) } }));
  put('.claude/settings.json', '{\n  "model": "opus"\n}\n');
  put('.codex/config.toml', 'model = "gpt-5"\n');
  put('.codex/sessions/2026/01/10/rollout-1.jsonl', textOf(...codexLines(at)));
  put('.gemini/settings.json', '{\n  "theme": "Default"\n}\n');
  put('.gemini/tmp/p1/chats/session-1.jsonl', textOf(...geminiLines(at)));
}

/** A response. */
export const codexLines = (at: number): readonly Line[] => {
  const timestamp = new Date(at).toISOString();
  const usage = { input_tokens: 3_000, cached_input_tokens: 2_000, output_tokens: 400, total_tokens: 3_400 };
  return [
    { timestamp, type: 'session_meta', payload: { id: 'c1', cwd: '/srv/ada' } },
    { timestamp, type: 'turn_context', payload: { model: 'gpt-5', cwd: '/srv/ada' } },
    {
      timestamp,
      type: 'token_usage_record',
      payload: { thread_id: 'c1', turn_id: 't1', response_id: 'resp_1', usage },
    },
  ];
};

/** A response. */
export const geminiLines = (at: number): readonly Line[] => {
  const timestamp = new Date(at).toISOString();
  const tokens = { input: 500, output: 70, total: 570 };
  return [
    { sessionId: 'g1', startTime: timestamp },
    { id: 'm1', type: 'gemini', timestamp, model: 'gemini-2.5-pro', tokens },
  ];
};

/** `until` is the last day, in milliseconds UTC. A session a day and agent, over so many days. */
export function makeClaudeHome(home: string, until: number, days = 60): MadeHome {
  const projects = join(home, '.claude/projects');
  for (const [a, agent] of madeAgents.entries()) {
    const cwd = `/srv/${agent.toLowerCase()}`;
    const folder = join(projects, cwd.replaceAll('/', '-'));
    for (let day = 0; day < days; day++) {
      const session = `${agent}-${day}`;
      const at = until - (days - 1 - day) * dayMs - a * 60_000;
      const lines = Array.from({ length: perSession }, (_, i) => lineOf({ session, cwd, at, i, model: a }));
      write(join(folder, `${session}.jsonl`), textOf(...lines));
      const inner = lineOf({ session, cwd, at, i: perSession, model: 2, line: { isSidechain: true, agentId: 'a1' } });
      write(join(folder, session, 'subagents/agent-a1.jsonl'), textOf(inner));
      if (day < days - 1) continue;
      const fork = lines.map((line) => ({ ...line, sessionId: `${session}-fork`, requestSessionId: session }));
      write(join(folder, `${session}-fork.jsonl`), textOf(...fork));
    }
  }
  const limit = limitLine(until);
  write(join(projects, '-srv-ada', 'limit.jsonl'), textOf(limit));
  write(join(home, '.claude/.credentials.json'), JSON.stringify({ claudeAiOauth: { accessToken: madeSecret } }));
  return { responses: madeAgents.length * days * (perSession + 1), sessions: madeAgents.length * days, days };
}

interface MadeLine {
  readonly session: string;
  readonly cwd: string;
  readonly at: number;
  readonly i: number;
  readonly model: number;
  readonly line?: Line;
}

function lineOf({ session, cwd, at, i, model, line }: MadeLine): Line {
  const id = `${session}-${i}`;
  const timestamp = new Date(at + i * 1_000).toISOString();
  return claudeLine({
    usage: { input_tokens: 100 + 10 * model + i, output_tokens: 50, cache_read_input_tokens: 2_000 },
    message: { id: `msg_${id}`, model: madeModels[model] },
    line: { requestId: `req_${id}`, uuid: `u-${id}`, sessionId: session, cwd, timestamp, ...line },
  });
}

/** The five hours are used up. */
const limitLine = (at: number): Line =>
  claudeLine({
    usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0 },
    message: { id: 'limit', model: '<synthetic>' },
    line: {
      isApiErrorMessage: true,
      apiError: 'usage_limit_reached',
      error: 'rate_limit',
      uuid: 'limit',
      sessionId: 'Ada-limit',
      cwd: '/srv/ada',
      timestamp: new Date(at).toISOString(),
      quotaLimits: { status: 'rejected', resetsAt: Math.floor(at / 1_000) + 7_200, rateLimitType: 'five_hour' },
    },
  });

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
