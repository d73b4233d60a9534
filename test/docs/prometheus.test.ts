/**
 * Goal: what is shipped for Prometheus and Grafana is taken by them, and asks for figures that there are: the rules fire when they are to,
 * each panel asks for what a daemon tells, and what a daemon tells is in a panel.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { spawnNode } from '../cli/run.js';
import { temporaryFolder } from '../support/folder.js';
import { familiesIn, promtool, withoutPromtool } from '../support/metrics.js';
import { program } from '../support/program.js';

const pathOf = (path: string) => join(packageRoot, 'ops', path);
const textOf = (path: string) => readFileSync(pathOf(path), 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

const rules = textOf('prometheus/rules.yml');
const ruleTests = textOf('prometheus/rules_test.yml');
const dashboard = JSON.parse(textOf('grafana/resource-share.json'));
const panels: readonly Panel[] = dashboard.panels;
const queries = panels.flatMap(({ targets = [] }) => targets);

/** Told, and in no panel: `process_cpu_seconds_total` is the sum of two, and the limits of the system are drawn by nobody. */
const undrawn = new Set([
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_start_time_seconds',
  'process_max_fds',
]);

/** Metrics that an expression names, without what a histogram adds to its name. */
const metricsIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\b(?:resource_share|process|nodejs)_[a-z_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    ),
  ),
];

let told: readonly string[] = [];
t.before(async () => {
  const data = join(temporaryFolder(t), 'demo');
  const child = spawnNode([program, 'demo', '--data', data, '--log-level', 'error']);
  const ended = once(child, 'exit');
  let said = '';
  let url: string | undefined;
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    url = /http:\/\/[^\s]+/.exec(said)?.[0];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error('the demo does not serve');
  told = familiesIn(await (await fetch(`${url}/metrics`)).text());
  child.kill('SIGTERM');
  await ended;
});

t.test(
  'promtool takes the rules, their tests pass, and the configuration is one',
  { skip: withoutPromtool },
  async (t) => {
    for (const args of [
      ['check', 'rules', pathOf('prometheus/rules.yml')],
      ['check', 'config', pathOf('prometheus/prometheus.yml')],
      ['test', 'rules', pathOf('prometheus/rules_test.yml')],
    ]) {
      const { status, said } = promtool(args);
      t.equal(status, 0, said);
    }
  },
);

t.test('each alert is tried, and goes by what a daemon tells', async (t) => {
  const named = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string);
  t.ok(named.length > 20);
  t.equal(new Set(named).size, named.length);
  for (const name of named) {
    const tried = ruleTests.split('- interval:').filter((part) => part.includes(`alertname: ${name}\n`));
    t.ok(
      tried.some((part) => part.includes('exp_labels')),
      `${name} is seen firing`,
    );
    t.ok(
      tried.some((part) => part.includes('exp_alerts: []')),
      `${name} is seen quiet`,
    );
  }
  t.same(
    metricsIn(rules.replaceAll(/description:.*/g, '')).filter((name) => !told.includes(name)),
    [],
  );
});

t.test('the dashboard is one, and shows what there is', async (t) => {
  t.equal(dashboard.uid, 'resource-share');
  t.ok(dashboard.schemaVersion >= 36);
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'no id is there twice');
  const variables: readonly { name: string; type: string }[] = dashboard.templating.list;
  t.same(
    variables.filter(({ type }) => type === 'datasource').map(({ name }) => name),
    ['datasource'],
  );
  for (const { datasource } of queries) t.equal(datasource.uid, `\${datasource}`);
  const drawn = metricsIn(queries.map(({ expr }) => expr).join('\n'));
  t.same(
    drawn.filter((name) => !told.includes(name)),
    [],
    'nothing is drawn that is not told',
  );
  t.same(
    told.filter((name) => !drawn.includes(name) && !undrawn.has(name)),
    [],
    'all that is told is drawn',
  );
  for (const name of undrawn) t.ok(told.includes(name) && !drawn.includes(name), `${name} is rightly left out`);
});

t.test('promtool takes what the dashboard asks', { skip: withoutPromtool }, async (t) => {
  const folder = join(temporaryFolder(t), 'rules');
  mkdirSync(folder);
  const file = join(folder, 'dashboard.yml');
  const lines = queries.map(({ expr }, i) => {
    const asked = expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(pool|instance)\b/g, '.*');
    return `      - record: panel:query_${i}\n        expr: ${JSON.stringify(asked)}`;
  });
  writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${lines.join('\n')}\n`);
  const { status, said } = promtool(['check', 'rules', file]);
  t.equal(status, 0, said);
  t.match(said, new RegExp(`${queries.length} rules found`));
});
