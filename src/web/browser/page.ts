/** The script of every page. A page is complete without it, as it was when it was loaded. */
import { offerCopies } from './copy.js';
import { keepLive } from './live.js';

const notice = document.querySelector<HTMLElement>('#stale');
if (document.body.dataset.live !== undefined && notice !== null) keepLive(notice);
offerCopies();

if (document.querySelector('[data-chart]') !== null) void import('./charts.js').then(({ drawCharts }) => drawCharts());
document.addEventListener('changed', () => {
  if (document.querySelector('[data-chart]:not([data-drawn])') !== null)
    void import('./charts.js').then(({ drawCharts }) => drawCharts());
});
