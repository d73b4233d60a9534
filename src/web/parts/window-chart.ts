/** The course of a window: its readings, an even pace, and where it goes by the controller's figures; and a table of the readings. */
import type { WindowHistory } from '../../status/window-history.js';
import { percentText } from '../../text/percent.js';
import { clockText } from '../../text/time.js';
import type { ChartSeries } from '../chart-figures.js';
import { type Html, html } from '../html.js';
import { chart } from './chart.js';

const readingsShown = 200;

export function windowChart(history: WindowHistory, label: string, timeZone: string): Html {
  const { readings, current, now, at, key, periods } = history;
  const pace = current?.pace ?? [];
  const forecast = current?.forecast ?? [];
  const estimate = now === null || now.percent === null ? [] : [{ at: at as number, percent: now.percent }];
  const times = [
    ...readings.map(({ measuredAt }) => measuredAt as number),
    ...pace.map((point) => point.at),
    ...forecast.map((point) => point.at),
    ...estimate.map((point) => point.at),
  ];
  const x = [...new Set(times)].sort((a, b) => a - b);
  if (x.length === 0) return html`<p class="empty">No reading in this time.</p>`;
  const shown = seriesOn(x, history, estimate).filter(
    ({ values, label: name }) => name === 'Read' || values.some((value) => value !== null),
  );
  const highest = Math.max(100, ...shown.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const figures = {
    unit: 'percent',
    timeZone,
    x: x.map((time) => time / 1_000),
    series: shown,
    yMax: Math.min(200, highest * 1.05),
    marks: periods.map(({ until }) => ({ x: until / 1_000 })),
  } as const;
  return chart(`course of ${key}`, `${label}: percent used`, figures, readingsTable(history, timeZone));
}

/** A value at each instant, where there is one. */
function seriesOn(
  x: readonly number[],
  { readings, current }: WindowHistory,
  estimate: readonly { readonly at: number; readonly percent: number }[],
): ChartSeries[] {
  const pace = current?.pace ?? [];
  const forecast = current?.forecast ?? [];
  const on = <T>(points: readonly T[], timeOf: (point: T) => number, percentOf: (point: T) => number) => {
    const values = new Map(points.map((point) => [timeOf(point), percentOf(point)]));
    return x.map((time) => values.get(time) ?? null);
  };
  const fan = (pick: (point: (typeof forecast)[number]) => number) => on(forecast, (point) => point.at, pick);
  return [
    {
      label: 'Even pace',
      values: on(
        pace,
        (point) => point.at,
        ({ percent }) => percent,
      ),
      dashed: true,
      colour: '--muted',
    },
    { label: 'Forecast, high', values: fan(({ p90 }) => p90), colour: '--series-3', lowerIs: 'Forecast, low' },
    { label: 'Forecast, low', values: fan(({ p10 }) => p10), colour: '--series-3' },
    { label: 'Forecast', values: fan(({ p50 }) => p50), colour: '--series-3', dashed: true },
    {
      label: 'Read',
      values: on(
        readings.filter(({ isBelieved }) => isBelieved),
        ({ measuredAt }) => measuredAt,
        ({ percent }) => percent,
      ),
      kind: 'points',
      colour: '--series-1',
    },
    {
      label: 'Read, not believed',
      values: on(
        readings.filter(({ isBelieved }) => !isBelieved),
        ({ measuredAt }) => measuredAt,
        ({ percent }) => percent,
      ),
      kind: 'points',
      colour: '--warn',
    },
    {
      label: 'Estimate now',
      values: on(
        estimate,
        (point) => point.at,
        ({ percent }) => percent,
      ),
      kind: 'points',
      colour: '--series-2',
    },
  ];
}

/** Every reading of the time, the newest first. */
function readingsTable({ readings, current }: WindowHistory, timeZone: string): Html {
  const newest = readings.toReversed().slice(0, readingsShown);
  const forecast = current?.forecast.at(-1);
  return html`${forecast !== undefined && html`<p class="small">At the reset, ${clockText(forecast.at, timeZone)}, it will be used to ${percentText(forecast.p50)}: between ${percentText(forecast.p10)} and ${percentText(forecast.p90)} with a chance of 80 %, if it is used on as now. Above 100 % is what would be used if it could go on.</p>`}
<table><thead><tr><th scope="col">Measured</th><th scope="col" class="number">Used</th><th scope="col">Source</th><th scope="col">What became of it</th><th scope="col">Resets</th></tr></thead>
<tbody>${newest.map(
    (reading) => html`<tr><th scope="row" class="nowrap">${clockText(reading.measuredAt, timeZone)}</th>
<td class="number">${percentText(reading.percent)}</td><td><bdi>${reading.source}</bdi></td><td>${verdictText(reading)}</td><td class="nowrap">${reading.resetsAt === null ? '–' : clockText(reading.resetsAt, timeZone)}</td></tr>`,
  )}</tbody></table>
${readings.length > newest.length && html`<p class="small muted">The newest ${newest.length} of ${readings.length}.</p>`}`;
}

function verdictText({ isBelieved, isSuspect, isStale, rejected, verdict }: WindowHistory['readings'][number]): string {
  const words = [
    rejected === null ? '' : `rejected: ${rejected.reason}`,
    isBelieved ? 'believed' : verdict.replaceAll('_', ' '),
    isSuspect ? 'suspect' : '',
    isStale ? 'stale' : '',
  ];
  return [...new Set(words.filter(Boolean))].join(', ');
}
