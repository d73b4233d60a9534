/** What a status line leaves to the background: it reports what the client showed, and keeps what the daemon says of the agent. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonAddress } from '../../client/address.js';
import { exchange, type HttpAnswer, type HttpRequest } from '../../client/http.js';
import type { ModeSource, UsageMode } from '../../events/catalogue/usage.js';
import type { Draw } from './draw.js';
import { type KeptFiles, keepText, keptJson, keptSince } from './kept-files.js';
import type { KeptAdvice, WindowPercent } from './line.js';

export interface BackgroundReport {
  readonly to: DaemonAddress;
  readonly pool: string | undefined;
  readonly name: string;
  readonly mode: { readonly mode: UsageMode; readonly mode_source?: ModeSource };
  readonly files: KeptFiles;
}

const requestMsMax = 3_000;
/** What was kept of a session that has not been drawn for so long is of no more use. */
const keptMsMax = 86_400_000;

/** A lock that is older was left behind by a process that died. */
const lockMsMax = 30_000;

/**
 * Does nothing while another process reports the same session: a running total that came after a larger one would count as one that
 * began again. Throws where the daemon does not answer.
 */
export async function reportAlone(report: BackgroundReport): Promise<void> {
  const lock = `${report.files.draw}.lock`;
  if (Date.now() - keptSince(lock) > lockMsMax) rmSync(lock, { force: true });
  try {
    writeFileSync(lock, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    await reportDraw(report);
  } finally {
    rmSync(lock, { force: true });
  }
}

async function reportDraw({ to, pool, name, mode, files }: BackgroundReport): Promise<void> {
  sweep(files.folder);
  // The newest, which may be newer than the one that this process was started for.
  const draw = keptJson<Draw>(files.draw) ?? {};
  const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
  const ask = (request: Pick<HttpRequest, 'method' | 'path' | 'body'>): Promise<HttpAnswer> =>
    exchange({ ...request, path: request.path + query, to, timeoutMs: requestMsMax });
  const total = Number(draw.cost?.total_cost_usd ?? Number.NaN);
  if (typeof draw.session_id === 'string' && total >= 0) {
    const counted = { session: draw.session_id, total_cost_usd: total, meter: { rule: 'running-total' } };
    const payload = { name, ...mode, ...counted };
    await ask({ method: 'POST', path: 'v1/events', body: { type: 'usage.recorded', source: 'statusline/1', payload } });
  }
  if (draw.rate_limits) await ask({ method: 'POST', path: 'v1/readings/claude-statusline', body: draw });
  const advice = await ask({ method: 'GET', path: `v1/advice/${encodeURIComponent(name)}` });
  if (advice.status === 200) keepText(files.folder, files.advice, JSON.stringify(adviceOf(name, advice)));
}

function adviceOf(name: string, { text, headers }: HttpAnswer): KeptAdvice {
  const { at, may_run, next_run_at, figures } = JSON.parse(text) as {
    readonly at: string;
    readonly may_run: boolean;
    readonly next_run_at: string | null;
    readonly figures: { readonly share: number } | null;
  };
  const nextRunAt = may_run ? 0 : next_run_at === null ? null : Date.parse(next_run_at);
  return {
    name,
    at: Date.parse(at),
    share: figures?.share ?? null,
    nextRunAt,
    windows: windowsIn(String(headers.ratelimit)),
  };
}

/** Items of the header field are `"week_all";r=88;t=3600`: what is left of it, in percent. `runs` is the agent itself. */
function windowsIn(header: string): WindowPercent[] {
  return [...header.matchAll(/"([^"\\]+)";r=(\d+)/g)]
    .filter(([, key]) => key !== 'runs')
    .map(([, key = '', rest]) => ({ key, percent: 100 - Number(rest) }));
}

function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (Date.now() - keptSince(file) > keptMsMax) rmSync(file, { force: true });
  }
}
