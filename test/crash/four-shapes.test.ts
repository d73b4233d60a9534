/**
 * Goal: the same responses, told by transcripts, by telemetry, by status lines and as a gateway sees them, in any order, any part
 * twice, with kills in between, result in the same totals as when each is told once; on both engines. `RESPONSES` makes it longer,
 * `SEED` another order.
 */
import t, { type Test } from 'tap';
import { reportOf } from '../../src/intake/report.js';
import { anthropicResponse } from '../../src/sources/anthropic-response.js';
import { claudeStatusline } from '../../src/sources/claude-statusline.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { otlp } from '../../src/sources/otlp.js';
import type { ReadContext, Source } from '../../src/sources/source.js';
import { claudeLine, textOf } from '../support/claude-lines.js';
import { type Daemon, spawnDoomedDaemon } from '../support/daemon.js';
import { type Variant, variants } from '../support/engines.js';
import { logsJson } from '../support/otlp.js';
import { randomSource } from '../support/random.js';

const responses = Number(process.env.RESPONSES ?? 10_000);
const seed = Number(process.env.SEED ?? 5);
const agents = ['Ada', 'Grace', 'Alan'];
const responsesPerSession = 50;
const kills = 6;
const senders = 4;
const model = 'claude-opus-5';
const start = Date.now() - 3 * 86_400_000;

interface Response {
  readonly id: number;
  readonly session: string;
  readonly agent: string;
  readonly at: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly thinking: number;
}

/** By the price list of the provider: 5, 0.5, 6.25 and 25 dollars per million. */
const microUsd = ({ input, cacheRead, cacheWrite, output }: Response): number =>
  input * 5 + cacheRead * 0.5 + cacheWrite * 6.25 + output * 25;

function madeResponses(random: () => number): Response[] {
  const hundreds = (max: number) => 100 * Math.floor(random() * max);
  return Array.from({ length: responses }, (_, id) => {
    const session = Math.floor(id / responsesPerSession);
    return {
      id,
      session: `session-${session}`,
      agent: agents[session % agents.length] as string,
      at: start + id * 1_000,
      input: 100 + hundreds(5),
      cacheRead: hundreds(900),
      cacheWrite: hundreds(40),
      output: 200 + hundreds(9),
      thinking: 100,
    };
  });
}

/** Something that is sent at once: what a source wrote, and where it was found. */
interface Part {
  readonly source: Source;
  readonly text: string;
  readonly agent: string;
  readonly context?: Partial<ReadContext>;
}

const usageOf = ({ input, cacheRead, cacheWrite, output, thinking }: Response) => ({
  input_tokens: input,
  cache_read_input_tokens: cacheRead,
  cache_creation_input_tokens: cacheWrite,
  cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { thinking_tokens: thinking },
});

/** The first line of every third response is a placeholder, as older clients wrote it. */
function transcriptLines(response: Response): string {
  const line = (usage: object, uuid: string) =>
    claudeLine({
      usage: { ...usageOf(response), ...usage },
      message: { id: `msg_${response.id}`, model },
      line: {
        sessionId: response.session,
        requestId: `req_${response.id}`,
        timestamp: new Date(response.at).toISOString(),
        uuid,
      },
    });
  const final = line({}, `u${response.id}`);
  return response.id % 3 === 0 ? textOf(line({ output_tokens: 1 }, `p${response.id}`), final) : textOf(final);
}

const logOf = (response: Response) => ({
  attributes: {
    'event.name': 'api_request',
    model,
    cost_usd: microUsd(response) / 1e6,
    input_tokens: { int: response.input },
    output_tokens: { int: response.output },
    cache_read_tokens: { int: response.cacheRead },
    cache_creation_tokens: { int: response.cacheWrite },
    request_id: `req_${response.id}`,
    'session.id': response.session,
  },
  time: `${response.at}000000`,
  body: 'claude_code.api_request',
});

const answerOf = (response: Response): string =>
  JSON.stringify({
    id: `msg_${response.id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    usage: usageOf(response),
  });

/** A draw of the status line after each tenth response, and one before the first. */
function statuslines(ofSession: readonly Response[]): string[] {
  const [first] = ofSession;
  let total = 0;
  const draws = [0];
  for (const [i, response] of ofSession.entries()) {
    total += microUsd(response);
    if (i % 10 === 9) draws.push(total / 1e6);
  }
  return draws.map((usd) =>
    JSON.stringify({ session_id: first?.session, version: '2.1.332', cost: { total_cost_usd: usd }, rate_limits: {} }),
  );
}

function partsOf(all: readonly Response[]): Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < all.length; from += responsesPerSession) {
    const ofSession = all.slice(from, from + responsesPerSession);
    const { agent } = ofSession[0] as Response;
    for (let i = 0; i < ofSession.length; i += 10) {
      const some = ofSession.slice(i, i + 10);
      parts.push({ source: claudeTranscript, text: some.map(transcriptLines).join(''), agent });
      parts.push({
        source: otlp,
        text: logsJson(some.map(logOf), { 'agent.id': agent, 'service.name': 'claude-code' }),
        agent,
      });
      for (const response of some.slice(0, 7)) {
        const headers: Record<string, string> = response.id % 2 === 0 ? { 'request-id': `req_${response.id}` } : {};
        parts.push({ source: anthropicResponse, text: answerOf(response), agent, context: { headers } });
      }
    }
    for (const text of statuslines(ofSession)) parts.push({ source: claudeStatusline, text, agent });
  }
  return parts;
}

function reportsOf({ source, text, agent, context }: Part): unknown[] {
  const read = source.read(Buffer.from(text), { at: Date.now(), path: null, ...context });
  if (read.refused !== null || Object.keys(read.skipped).length > 0) throw new Error(JSON.stringify(read));
  const whose = { identity: agent, mode: 'autonomy', modeSource: 'explicit', project: undefined } as const;
  return read.observations.flatMap((one) => reportOf(one, () => whose) ?? []);
}

/** Sends all parts, several at once; a part that was not answered is sent again. */
class Course {
  readonly #place: string;
  readonly #parts: Part[];
  readonly #killAt: Set<number>;
  readonly #killed = new Set<Daemon>();
  #daemon: Promise<Daemon>;
  #sent = 0;

  constructor(place: string, parts: Part[], killAt: Set<number>) {
    this.#place = place;
    this.#parts = parts;
    this.#killAt = killAt;
    this.#daemon = spawnDoomedDaemon(place);
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: senders }, () => this.#sendAll()));
  }

  async stop(): Promise<void> {
    await (await this.#daemon).stop();
  }

  async #sendAll(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      while (!(await this.#send(part)));
    }
  }

  async #send(part: Part): Promise<boolean> {
    const daemon = await this.#daemon;
    this.#sent += 1;
    const sending = sendTo(daemon, part);
    if (this.#killAt.delete(this.#sent)) this.#kill(daemon);
    return sending.then(
      () => true,
      (error) => {
        if (!this.#killed.has(daemon)) throw error;
        return false;
      },
    );
  }

  #kill(daemon: Daemon): void {
    if (this.#killed.has(daemon)) return;
    this.#killed.add(daemon);
    daemon.process.kill('SIGKILL');
    this.#daemon = daemon.ended.then(() => spawnDoomedDaemon(this.#place));
  }
}

/** Telemetry as it is; what others saw as reports, as whoever reads files and passes requests on sends it. */
async function sendTo({ url }: Daemon, part: Part): Promise<void> {
  const isRaw = part.source === otlp;
  const body = isRaw ? part.text : JSON.stringify(reportsOf(part));
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${isRaw ? '/v1/logs' : '/v1/events'}`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok || /rejected|partialSuccess/.test(text)) throw new Error(text);
}

const shuffled = <T>(items: readonly T[], random: () => number): T[] =>
  items
    .map((item) => ({ item, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ item }) => item);

async function totalsOf(engine: Variant, place: string): Promise<Record<string, number>> {
  const open = await engine.open(place, 'reader');
  try {
    const [row] = await open.query<
      Record<string, unknown>
    >(`SELECT sum(input_tokens) AS input, sum(cache_read_tokens) AS "cacheRead",
      sum(cache_write_5m_tokens) AS "cacheWrite", sum(output_tokens) AS output, sum(reasoning_tokens) AS thinking,
      sum(cost_micro_usd) AS cost FROM resource_share_increments`);
    return Object.fromEntries(Object.entries(row ?? {}).map(([name, sum]) => [name, Number(sum)]));
  } finally {
    await open.close();
  }
}

async function compare(t: Test, engine: Variant): Promise<void> {
  const random = randomSource(seed);
  const all = madeResponses(random);
  const parts = partsOf(all);
  const twice = parts.filter(() => random() < 0.2);
  const course = shuffled([...parts, ...twice], random);
  const killAt = new Set(Array.from({ length: kills }, () => Math.floor(random() * course.length)));
  const place = await engine.place(t);
  const sending = new Course(place, course, killAt);
  try {
    await sending.run();
  } finally {
    await sending.stop();
  }
  const sum = (of: (response: Response) => number) => all.reduce((total, one) => total + of(one), 0);
  t.strictSame(await totalsOf(engine, place), {
    input: sum(({ input }) => input),
    cacheRead: sum(({ cacheRead }) => cacheRead),
    cacheWrite: sum(({ cacheWrite }) => cacheWrite),
    output: sum(({ output, thinking }) => output - thinking),
    thinking: sum(({ thinking }) => thinking),
    cost: sum(microUsd),
  });
}

for (const engine of variants) {
  t.test(`${engine.name}: ${responses} responses, told by four`, { timeout: 600_000 }, (t) => compare(t, engine));
}
