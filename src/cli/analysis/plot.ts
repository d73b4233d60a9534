/** Use against entitlement as bars. */

import type { Analysis } from '../../fairness/analysis.js';
import { bars } from '../../plot/bars.js';
import { instantText } from '../../text/time.js';

export function analysisPlot({ from, until, jain, members }: Analysis): string {
  const fairness = jain === null ? '' : `; fairness ${jain.toFixed(4)} of 1`;
  return bars({
    title: 'Use against entitlement',
    subtitle: `${instantText(from)} to ${instantText(until)}${fairness}`,
    label: 'autonomous use, in dollars',
    unit: 'usd',
    series: [
      { name: 'used' },
      { name: 'entitled', pale: true },
      { name: 'by weight alone', pale: true, colour: 'muted' },
    ],
    groups: members.map(({ name, used, entitled, nominal }) => ({ name, values: [used, entitled, nominal] })),
  });
}
