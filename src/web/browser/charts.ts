/** Draws the charts of a page with uPlot, each from the figures in its attribute `data-chart`; the same figures stand in the table beside it. */
import uPlot from 'uplot';
import type { ChartFigures, ChartSeries } from '../chart-figures.js';

const heightPx = 240;

const drawn = new Map<HTMLElement, uPlot>();

export function drawCharts(): void {
  for (const [element, chart] of drawn) {
    if (element.isConnected) continue;
    chart.destroy();
    drawn.delete(element);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-chart]:not([data-drawn])')) {
    element.dataset.drawn = '';
    draw(element);
    element.addEventListener('redraw', () => draw(element));
    new ResizeObserver(() => resize(element)).observe(element);
  }
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const element of drawn.keys()) draw(element);
});

function draw(element: HTMLElement): void {
  drawn.get(element)?.destroy();
  element.replaceChildren();
  const figures = JSON.parse(element.dataset.chart ?? '') as ChartFigures;
  const shown = new uPlot(optionsOf(figures, element), dataOf(figures), element);
  drawn.set(element, shown);
}

function resize(element: HTMLElement): void {
  const chart = drawn.get(element);
  const width = element.clientWidth;
  if (chart !== undefined && width > 0 && chart.width !== width) chart.setSize({ width, height: heightPx });
}

/** What is stacked stands on what was before it; the first drawn is the topmost. */
function dataOf({ x, series, stacked }: ChartFigures): uPlot.AlignedData {
  if (stacked !== true) return [x as number[], ...series.map(({ values }) => values as (number | null)[])];
  const sums = x.map(() => 0);
  const rows = series.map(({ values }) => values.map((value, i) => (sums[i] = (sums[i] ?? 0) + (value ?? 0))));
  return [x as number[], ...rows.reverse()];
}

function optionsOf(figures: ChartFigures, element: HTMLElement): uPlot.Options {
  const { series, stacked, timeZone, unit, yMax, x, xEnd } = figures;
  const text = colour(element, '--muted');
  const line = colour(element, '--line');
  const given = stacked === true ? [...series].reverse() : series;
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  return {
    width: Math.max(200, element.clientWidth),
    height: heightPx,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), timeZone),
    cursor: { drag: { x: true, y: false } },
    scales: {
      x: { range: (_chart, from, to) => [from, to === x.at(-1) ? Math.max(to, xEnd ?? to) : to] },
      y: { range: (_chart, _min, max) => [0, yMax ?? Math.max(max, 1e-6) * 1.05] },
    },
    axes: [
      { ...axis, values: (_chart, splits, _axis, _space, stepS) => timeLabels(splits, stepS, timeZone) },
      {
        ...axis,
        size: 64,
        values: (_chart, splits, _axis, _space, step) => splits.map((value) => valueText(value, unit, step)),
      },
    ],
    series: [
      { label: 'Time', value: (_chart, seconds) => (seconds == null ? '–' : timeText(seconds, timeZone)) },
      ...given.map((one, i) => seriesOf(one, figures, stacked === true ? given.length - 1 - i : i, element)),
    ],
    bands: bandsOf(series),
    legend: { live: true },
    hooks: { draw: [(chart) => drawMarks(chart, figures, element)] },
  };
}

function seriesOf(one: ChartSeries, figures: ChartFigures, i: number, element: HTMLElement): uPlot.Series {
  const { unit, stacked, series } = figures;
  const stroke = colour(element, one.colour ?? `--series-${(i % 12) + 1}`);
  const own = stacked === true ? series[i] : undefined;
  const base: uPlot.Series = {
    label: one.label,
    stroke,
    width: 1.5,
    value: (_chart, value, _series, index) => {
      const real = own === undefined || index === null ? value : own.values[index];
      return real == null ? '–' : valueText(real, unit);
    },
  };
  if (stacked === true)
    return {
      ...base,
      fill: stroke,
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars?.({ size: [0.9, 60], align: 1 }) as uPlot.Series.PathBuilder,
    };
  if (one.kind === 'points') return { ...base, paths: () => null, points: { show: true, size: 5, fill: stroke } };
  const line = { ...base, ...(one.dashed === true ? { dash: [6, 4] } : {}), points: { show: false } };
  if (one.kind === 'steps') return { ...line, paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder };
  return { ...line, spanGaps: true };
}

/** The space between a series and the one that is its lower bound. */
function bandsOf(series: readonly ChartSeries[]): uPlot.Band[] {
  return series.flatMap(({ lowerIs }, i) => {
    const lower = series.findIndex(({ label }) => label === lowerIs);
    return lower < 0 ? [] : [{ series: [i + 1, lower + 1] as [number, number], fill: 'rgb(120 140 180 / 20%)' }];
  });
}

function drawMarks(chart: uPlot, { marks = [] }: ChartFigures, element: HTMLElement): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colour(element, '--muted');
  ctx.setLineDash([4, 4]);
  for (const { x } of marks) {
    const at = chart.valToPos(x, 'x', true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

const colour = (element: HTMLElement, name: string): string => getComputedStyle(element).getPropertyValue(name).trim();

const timeText = (seconds: number, timeZone: string): string =>
  new Date(seconds * 1_000).toLocaleString(document.documentElement.lang, {
    timeZone,
    dateStyle: 'medium',
    timeStyle: 'short',
  });

/** Where days are steps, dates; else hours, with the date at the first of each day. */
function timeLabels(splits: readonly number[], stepS: number, timeZone: string): string[] {
  return splits.map((seconds, i) => {
    const local = uPlot.tzDate(new Date(seconds * 1_000), timeZone);
    const date = `${local.getDate()} ${months[local.getMonth()]}`;
    if (stepS >= 86_400) return date;
    const time = `${String(local.getHours()).padStart(2, '0')}:${String(local.getMinutes()).padStart(2, '0')}`;
    return i === 0 || time === '00:00' ? `${time}\n${date}` : time;
  });
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `step`: how far apart values are that are to be told from each other. */
function valueText(value: number, unit: ChartFigures['unit'], step = 0.01): string {
  if (unit === 'percent') return `${Math.round(value * 10) / 10} %`;
  if (unit === 'usd') return `$${value.toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(step)))))}`;
  if (unit === 'minutes') return `${Math.round(value * 10) / 10} min`;
  return value.toLocaleString('en', { notation: 'compact' });
}
