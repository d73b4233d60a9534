/** One screen of `top`, as lines that are no wider and no more than there is room for. */
import { stripVTControlCharacters } from 'node:util';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { fractionText } from '../../text/percent.js';
import { visible } from '../../text/visible.js';
import { stdoutColours as colours } from '../colours.js';
import { textWidth } from '../text-width.js';
import type { Figures } from './figures.js';

export interface ShownEvent {
  readonly seq: number;
  readonly type: string;
  readonly recorded_at: number;
  readonly payload: { readonly name?: string; readonly cost_micro_usd?: number | null; readonly rule?: string };
}

export interface Screen {
  readonly figures: Figures;
  /** Newest first. */
  readonly events: readonly ShownEvent[];
  /** Why what is shown is older; null where it is not. */
  readonly fault: string | null;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const windowsMax = 4;
const identitiesMax = 6;
const eventsMin = 3;

export function screenLines({ figures, events, fault }: Screen, { columns, rows }: Size): string[] {
  const lines = [
    headLine(figures),
    ...(fault === null ? [] : [colours.red(fault)]),
    ...daemonLines(figures),
    '',
    ...windowLines(figures, columns),
    '',
    ...identityLines(figures),
    '',
    ...workLines(figures),
  ];
  const room = rows - lines.length - 2;
  if (room >= eventsMin) lines.push('', colours.bold('newest events'), ...events.slice(0, room).map(eventLine));
  return lines.slice(0, rows).map((line) => cut(line, columns));
}

function headLine(figures: Figures): string {
  const { version = '?', engine = '?' } = figures.of('build_info')[0]?.labels ?? {};
  const since = figures.sum('process_start_time_seconds');
  const up = since === null ? '' : `, up ${durationText(Math.max(1, Math.round(figures.now / 1_000 - since)))}`;
  const alerts = figures.sum('alerts_open') ?? 0;
  const state = alerts === 0 ? colours.green('no alerts') : colours.yellow(`${countText(alerts)} alerts open`);
  const time = `${new Date(figures.now).toISOString().slice(11, 19)}Z`;
  return `${colours.bold(`resource-share ${version}`)} on ${engine}${up}, ${state}, ${time}`;
}

function daemonLines(figures: Figures): string[] {
  const perSecond = figures.rate(figures.of('events_appended_total'));
  const [half, most] = [0.5, 0.99].map((q) => boundText(figures.quantile('append_duration_seconds', q)));
  const busy = figures.rate(figures.of('process_cpu_seconds_total'));
  const lag = figures.sum('nodejs_eventloop_lag_seconds') ?? 0;
  const free = figures.sum('disk_free_bytes');
  return [
    `log     ${perSecond.toFixed(1)} events/s, half of the appends take ${half} at most, 99 % ${most}`,
    `queue   ${countText(figures.sum('queue_commands') ?? 0)} wait, ${countText(figures.sum('queue_refused_total') ?? 0)} refused`,
    `process ${fractionText(busy)} of a processor, ${bytesText(figures.sum('process_resident_memory_bytes'))}, event loop late by ${(1_000 * lag).toFixed(0)} ms`,
    `storage ${bytesText(figures.sum('data_bytes'))}, write-ahead log ${bytesText(figures.sum('wal_bytes'))}${free === null ? '' : `, ${bytesText(free)} free`}`,
  ];
}

const barWidthMax = 30;

function windowLines(figures: Figures, columns: number): string[] {
  const windows = figures.of('window_used_ratio');
  if (windows.length === 0) return [colours.dim('No window of the quota was read yet.')];
  const barWidth = Math.max(5, Math.min(barWidthMax, columns - 50));
  return [...windows]
    .sort((a, b) => b.value - a.value)
    .slice(0, windowsMax)
    .map(({ labels, value }) => {
      const [resets] = figures.of('window_resets_timestamp_seconds', labels);
      const left = resets === undefined ? null : Math.round(resets.value - figures.now / 1_000);
      const when = left === null || left <= 0 ? '' : `resets in ${durationText(left)}`;
      const full = Math.round(Math.min(1, value) * barWidth);
      const bar = `${'#'.repeat(full)}${'-'.repeat(barWidth - full)}`;
      const colour = value > 0.95 ? colours.red : value > 0.8 ? colours.yellow : colours.green;
      return `${padded(named(labels, labels.window), 20)} ${colour(bar)} ${fractionText(value).padStart(6)}  ${when}`;
    });
}

function identityLines(figures: Figures): string[] {
  const shares = figures.of('identity_share_ratio');
  if (shares.length === 0) return [colours.dim('Nobody shares yet.')];
  const rows = shares.map(({ labels, value: share }) => ({
    labels,
    share,
    perHour: 3_600 * figures.rate(figures.of('identity_use_dollars_total', labels)),
    used: figures.sum('identity_use_dollars_total', labels) ?? 0,
    interval: figures.sum('identity_interval_seconds', labels),
  }));
  rows.sort((a, b) => b.perHour - a.perHour || b.used - a.used || b.share - a.share);
  const head = `${padded('identity', 26)} ${'share'.padStart(7)} ${'per hour'.padStart(10)} ${'used'.padStart(10)} ${'interval'.padStart(12)}`;
  const more = rows.length > identitiesMax ? [colours.dim(`and ${countText(rows.length - identitiesMax)} more`)] : [];
  const shown = rows.slice(0, identitiesMax).map(({ labels, share, perHour, used, interval }) => {
    const told = interval === null ? '' : durationText(interval);
    return `${padded(named(labels, labels.identity), 26)} ${fractionText(share).padStart(7)} ${usdText(perHour).padStart(10)} ${usdText(used).padStart(10)} ${told.padStart(12)}`;
  });
  return [colours.bold(head), ...shown, ...more];
}

function workLines(figures: Figures): string[] {
  const jobs = (state: string) => figures.sum('jobs', { state }) ?? 0;
  const dead = jobs('dead');
  const rules = figures.of('alerts_open').map(({ labels, value }) => `${labels.rule} ${value}`);
  return [
    `work    ${countText(figures.sum('turns_open') ?? 0)} turns, jobs: ${countText(jobs('pending'))} wait, ${countText(jobs('running'))} run, ${dead > 0 ? colours.red(`${countText(dead)} dead`) : '0 dead'}`,
    ...(rules.length === 0 ? [] : [colours.yellow(`alerts  ${visible(rules.join(', '))}`)]),
  ];
}

function eventLine({ seq, type, recorded_at: at, payload }: ShownEvent): string {
  const { name = '', cost_micro_usd: cost, rule = '' } = payload;
  const dollars = typeof cost === 'number' ? usdText(cost / 1e6) : '';
  const time = new Date(at).toISOString().slice(11, 19);
  return `${time} ${String(seq).padStart(8)} ${padded(type, 22)} ${visible([name, rule, dollars].filter((text) => text !== '').join(' '))}`;
}

/** With its pool, where that is not the usual one. */
const named = ({ pool }: { readonly pool?: string }, name = ''): string =>
  pool === undefined || pool === 'default' ? name : `${pool}/${name}`;

const boundText = (seconds: number | null): string =>
  seconds === null ? '-' : seconds < 1 ? `${1_000 * seconds} ms` : `${seconds} s`;

function bytesText(bytes: number | null): string {
  if (bytes === null) return '-';
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** To so many columns: longer ones lose their ends. */
function padded(text: string, columns: number): string {
  const shown = cut(visible(text), columns);
  return shown + ' '.repeat(Math.max(0, columns - textWidth(shown)));
}

/** Colours take no columns, and a line that is cut loses them. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  if (textWidth(plain) <= columns) return line;
  let kept = '';
  for (const character of plain) {
    if (textWidth(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
