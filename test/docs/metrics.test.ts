// Goal: the page about metrics lists those there are.
import t from 'tap';
import { families } from '../../src/metrics/families.js';
import { fullName } from '../../src/metrics/family.js';
import { compare } from '../support/generated-block.js';

t.test('the list of metrics', async (t) => {
  const rows = families.map((family) => {
    const labels = family.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${fullName(family)}\` | ${family.type} | ${labels} | ${family.help} |`;
  });
  compare(
    t,
    'docs/operating/metrics.md',
    'metrics',
    ['| name | type | labels | |', '|---|---|---|---|', ...rows].join('\n'),
  );
});
