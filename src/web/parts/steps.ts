/** Why an agent is told what it is told: the steps of the controller, from the readings to the interval. */
import type { Explanation } from '../../fairness/explanation.js';
import { secondsText } from '../../text/duration.js';
import { usdEstimateText, usdText } from '../../text/money.js';
import { estimateText, fractionText } from '../../text/percent.js';
import { relativeText } from '../../text/time.js';
import { type Html, html } from '../html.js';
import { pagePath } from '../page.js';
import { agentPath } from './agents-table.js';

export function explanationSteps(explanation: Explanation, pool: string): Html {
  return html`<section aria-label="Why, in steps"><h2>Why, in steps</h2>
<ol class="steps">
<li><b>What is left of the quota.</b> Read, less what is kept free, what is expected to be used outside this ledger, and what people are expected to use.${windows(explanation, pool)}</li>
${explanation.sharers.length > 0 && html`<li><b>Who shares it.</b> By weight; who has used less than its part is held at a higher rate until that is made up.${sharers(explanation, pool)}</li>`}
${rate(explanation)}
<li><b>From the rate to the interval.</b> ${interval(explanation)}</li>
</ol></section>`;
}

function windows({ windows: all, at }: Explanation, pool: string): Html {
  const known = all.filter(({ lastRead, contract }) => lastRead !== null || contract);
  if (known.length === 0) return html`<p class="muted">Nobody has read a window yet, so none limits anything.</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Windows"><table class="stack"><thead><tr><th scope="col">Window</th><th scope="col" class="number">Used by now</th><th scope="col" class="number">Holds</th><th scope="col" class="number">Left to share</th><th scope="col" class="number">An hour</th><th scope="col">Resets</th></tr></thead>
<tbody>${known.map(
    (
      each,
    ) => html`<tr data-key="${each.key}"><th scope="row"><a href="${pagePath(`/windows/${encodeURIComponent(each.key)}`, pool)}">${each.key}</a>${!each.counts && html` <span class="muted small">does not count this agent</span>`}</th>
<td class="number" data-label="Used by now">${estimateText(each.percent, each.deviation)}</td>
<td class="number" data-label="Holds">${each.budget === null ? 'not known' : usdEstimateText(each.budget, each.budgetDeviation)}</td>
<td class="number" data-label="Left to share">${each.usable === null ? 'not known' : usdText(each.usable)}</td>
<td class="number" data-label="An hour">${usdText(each.rate)}</td>
<td data-label="Resets">${each.resetAt === null ? 'with the next use' : relativeText(each.resetAt, at)}</td></tr>`,
  )}</tbody></table></div>`;
}

function sharers({ sharers: all, name }: Explanation, pool: string): Html {
  const omegas = all.reduce((sum, { omega }) => sum + omega, 0);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Who shares it"><table class="stack"><thead><tr><th scope="col">Agent</th><th scope="col" class="number">Part</th><th scope="col" class="number">Used</th><th scope="col">There</th><th scope="col" class="number">A wake costs</th><th scope="col" class="number">Told, an hour</th></tr></thead>
<tbody>${all.map(
    (
      each,
    ) => html`<tr data-key="${each.key}"><th scope="row">${each.name === name ? html`<b><bdi>${each.name}</bdi></b>` : html`<a href="${agentPath(each.name, pool)}"><bdi>${each.name}</bdi></a>`}</th>
<td class="number" data-label="Part">${fractionText(omegas > 0 ? each.omega / omegas : 0)}</td>
<td class="number" data-label="Used">${usdText(each.used)}</td>
<td data-label="There">${each.present ? 'yes' : 'not now'}</td>
<td class="number" data-label="A wake costs">${usdText(each.wakeCost)}</td>
<td class="number" data-label="Told, an hour">${usdText(each.recommended)}</td></tr>`,
  )}</tbody></table></div>`;
}

const limitWords = {
  level: 'the level at which what is left is used up',
  floor: 'the least that one who is there gets',
  cap: 'the most that is offered to one',
} as const;

function rate({ rate: step }: Explanation): Html | null {
  if (step === null) return null;
  return html`<li><b>Its rate.</b> ${usdText(step.rate)} an hour, by ${limitWords[step.limit]}; an equal share would be ${usdText(step.proportional)} an hour.</li>`;
}

function interval({ interval: step, reason }: Explanation): Html {
  const { wakeCost, even, shortest, longest, smoothing, last, interval: told } = step;
  const wake =
    wakeCost !== null && even !== null
      ? `A wake costs ${usdText(wakeCost)}, which at that rate is one every ${secondsText(even)}. `
      : '';
  const smoothed =
    last === null || smoothing === 'none' || smoothing === 'passed'
      ? ''
      : smoothing === 'kept'
        ? ` It was told ${secondsText(last)} before, and so small a change is not passed on.`
        : ` It was told ${secondsText(last)} before, and changes come in steps.`;
  return html`${wake}No shorter than ${secondsText(shortest)}, no longer than ${secondsText(longest)}: ${secondsText(told)}.${smoothed}<br><span class="muted">${reason}</span>`;
}
