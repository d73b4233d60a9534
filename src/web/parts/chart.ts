/** A chart, drawn by a script where one runs, and the table of its figures beside it, which says the same. */
import type { ChartFigures } from '../chart-figures.js';
import { type Html, html } from '../html.js';

/** `key` tells it from the other charts of the page; `table` has the figures. */
export function chart(key: string, title: string, figures: ChartFigures, table: Html): Html {
  return html`<figure data-key="${key}"><figcaption>${title}</figcaption>
<div class="chart" data-key="${key}: drawn" data-chart="${JSON.stringify(figures)}" role="img" aria-label="${title}: the figures are in the table below"></div>
<details><summary>As a table</summary><div class="scroll" tabindex="0" role="group" aria-label="Figures of ${title}">${table}</div></details></figure>`;
}
