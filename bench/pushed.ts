/** What agents push as telemetry: whether it costs the daemon more than it must. */
import { reportOf } from '../src/intake/report.js';
import { otlp } from '../src/sources/otlp.js';
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import { type Log, logsJson, logsProtobuf } from '../test/support/otlp.js';
import type { Benchmark } from './benchmark.js';
import { median, runsOf, withFolder } from './measure.js';
import { cpuMsOf } from './processor.js';

const recordsPerBody = 1_000;
const atLeast = 0.5;

export const pushed: Benchmark = {
  title: 'Telemetry that is pushed',
  question: `Uses per second of the daemon's processor time, durable and projected: of bodies of ${recordsPerBody} log records as Claude Code exports them, in OTLP; against the same reports as NDJSON, as many to a body. And what \`/health\` waits at most while a body of 5,000 is taken.`,
  async run(scale) {
    const bodies = scale.quick ? 5 : 30;
    const rates = { json: [] as number[], protobuf: [] as number[], lines: [] as number[] };
    const waits: number[] = [];
    for (const _ of runsOf(scale, 'taking in telemetry')) {
      await withFolder(async (folder) => {
        const daemon = await spawnDaemon(folder);
        try {
          const work = new Bodies(daemon);
          for (const form of forms) await work.send(form, 5);
          for (const form of forms) rates[form].push(await work.rate(form, bodies));
          waits.push(await work.longestWait());
        } finally {
          await daemon.stop();
        }
      });
    }
    const baseline = { name: 'NDJSON', value: median(rates.lines) };
    const figure = (name: string, value: number) => ({
      name,
      value,
      unit: 'uses/s of processor time',
      baseline,
      target: { atLeast, ratio: true },
    });
    return {
      figures: [
        figure('OTLP in JSON', median(rates.json)),
        figure('OTLP in protobuf', median(rates.protobuf)),
        { name: 'longest wait of another request', value: median(waits), unit: 'ms', target: { atMost: 50 } },
      ],
    };
  },
};

const forms = ['json', 'protobuf', 'lines'] as const;
type Form = (typeof forms)[number];

const types = { json: 'application/json', protobuf: 'application/x-protobuf', lines: 'application/x-ndjson' } as const;

/** Sends bodies of which no use was there before. */
class Bodies {
  readonly #daemon: Daemon;
  #sent = 0;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async rate(form: Form, bodies: number): Promise<number> {
    const before = cpuMsOf(this.#daemon.pid);
    await this.send(form, bodies);
    return (1_000 * bodies * recordsPerBody) / (cpuMsOf(this.#daemon.pid) - before);
  }

  async send(form: Form, bodies: number): Promise<void> {
    for (let i = 0; i < bodies; i++) await this.#post(form, this.#next(form, recordsPerBody));
  }

  /** Of `/health`, asked again and again while a large body is taken. */
  async longestWait(): Promise<number> {
    let isTaken = false;
    const body = this.#next('json', 5_000);
    const taken = this.#post('json', body).finally(() => {
      isTaken = true;
    });
    let longest = 0;
    while (!isTaken) {
      const asked = performance.now();
      await (await fetch(`${this.#daemon.url}/health`)).arrayBuffer();
      longest = Math.max(longest, performance.now() - asked);
    }
    await taken;
    return longest;
  }

  #next(form: Form, records: number): string | Uint8Array {
    const logs = Array.from({ length: records }, (_, i) => logOf(this.#sent + i));
    this.#sent += records;
    if (form === 'protobuf') return logsProtobuf(logs, resource);
    const json = logsJson(logs, resource);
    return form === 'json' ? json : linesOf(json);
  }

  async #post(form: Form, body: string | Uint8Array): Promise<void> {
    const url = `${this.#daemon.url}${form === 'lines' ? '/v1/events' : '/v1/logs'}`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': types[form] }, body });
    const answer = await response.text();
    const isTaken = form === 'lines' ? !answer.includes('"rejected"') : !answer.includes('partialSuccess');
    if (!response.ok || !isTaken) throw new Error(`${url}: ${response.status} ${answer.slice(0, 200)}`);
  }
}

const resource = {
  'service.name': 'claude-code',
  'service.version': '2.1.332',
  'host.name': 'host-1',
  'agent.id': 'Ada',
};

const startedAt = Date.now() - 3_600_000;

/** One response, as Claude Code tells it. */
function logOf(i: number): Log {
  const at = startedAt + i;
  return {
    scope: 'com.anthropic.claude_code.events',
    time: `${at}000000`,
    observed: `${at}000000`,
    body: 'claude_code.api_request',
    attributes: {
      'user.id': 'd1b2c3'.repeat(10),
      'session.id': `11111111-1111-4111-8111-${String(i % 40).padStart(12, '0')}`,
      'organization.id': '22222222-2222-4222-8222-222222222222',
      'user.account_uuid': '33333333-3333-4333-8333-333333333333',
      'terminal.type': 'tmux',
      'event.name': 'api_request',
      'event.timestamp': new Date(at).toISOString(),
      'event.sequence': i,
      'prompt.id': `44444444-4444-4444-8444-${String(i).padStart(12, '0')}`,
      model: 'claude-opus-5',
      input_tokens: `${10 + (i % 900)}`,
      output_tokens: `${20 + (i % 300)}`,
      cache_read_tokens: `${1_000 + (i % 90_000)}`,
      cache_creation_tokens: `${i % 2_000}`,
      cost_usd: `${0.01 + (i % 100) / 1_000}`,
      duration_ms: `${1_000 + (i % 9_000)}`,
      speed: 'normal',
      query_source: 'repl_main_thread',
      request_id: `req_${String(i).padStart(20, '0')}`,
    },
  };
}

/** The reports that are made of a body, as clients send them. */
function linesOf(json: string): string {
  const { observations } = otlp.read(Buffer.from(json), { at: Date.now(), path: null, signal: 'logs' });
  const whose = { identity: 'Ada', mode: 'autonomy', modeSource: 'default', project: undefined } as const;
  return observations.map((one) => `${JSON.stringify(reportOf(one, () => whose))}\n`).join('');
}
