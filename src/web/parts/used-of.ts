/** What the use of some days was of: models and projects, where reports say them. */
import type { Breakdown, PartOfUse } from '../../status/breakdown.js';
import { usdText } from '../../text/money.js';
import { countText, unknownText } from '../../text/number.js';
import { fractionText } from '../../text/percent.js';
import { type Html, html } from '../html.js';

const partsShown = 8;

/** What the week's use was of, where reports say it. */
export function usedOf({ models, projects }: Breakdown, weekUsd: number): Html {
  const isSaid = ({ name }: PartOfUse) => name !== null;
  return html`${models.some(isSaid) && html`<section><h2>Models, last 7 days</h2>${partsTable('Model', models, weekUsd)}</section>`}
${projects.some(isSaid) && html`<section><h2>Projects, last 7 days</h2>${partsTable('Project', projects, weekUsd)}</section>`}`;
}

function partsTable(head: string, parts: readonly PartOfUse[], weekUsd: number): Html {
  const shown =
    parts.length > partsShown ? [...parts.slice(0, partsShown - 1), others(parts.slice(partsShown - 1))] : parts;
  return html`<div class="scroll"><table class="stack">
<thead><tr><th>${head}</th><th class="number">Cost</th><th class="number">Tokens</th><th class="number">Reports</th></tr></thead>
<tbody>${shown.map(
    ({ name, usd, tokens, reports }) => html`<tr>
<td class="name">${name ?? 'not said'}</td>
<td class="number" data-label="Cost"><span>${usdText(usd)} <span class="muted small">${shareText(usd, weekUsd)}</span></span></td>
<td class="number" data-label="Tokens">${countText(tokens)}</td>
<td class="number" data-label="Reports">${countText(reports)}</td>
</tr>`,
  )}</tbody>
</table></div>`;
}

const others = (parts: readonly PartOfUse[]): PartOfUse => ({
  name: `${parts.length} others`,
  usd: parts.reduce((sum, { usd }) => sum + usd, 0),
  tokens: parts.reduce((sum, { tokens }) => sum + tokens, 0),
  reports: parts.reduce((sum, { reports }) => sum + reports, 0),
});

export function shareText(part: number, total: number): string {
  return total > 0 ? fractionText(part / total) : unknownText;
}
