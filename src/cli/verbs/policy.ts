/** `policy`: by which rules shares and intervals are worked out, and changes of them. */

import type { Command } from 'commander';
import type { Policy, PolicyChange, PolicyParameters, WindowRule } from '../../fairness/policy.js';
import { policyWords, type ScalarParameter } from '../../fairness/policy-words.js';
import { durationText } from '../../text/duration.js';
import { microUsdText } from '../../text/money.js';
import { instantText } from '../../text/time.js';
import { usageError } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, type Globals, globalsOf, jsonOption } from '../options.js';
import { printHeading, printJson, printLine } from '../output.js';
import { policyArguments, refuseUnknown } from '../policy-input.js';
import { printResult } from '../print-result.js';
import { printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';

interface SetOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  const show = command
    .command('show')
    .description('Every parameter: its value, its default, and what it means.')
    .option('--at <time>', 'as it was at this time', parsePastTime)
    .option('--changed', 'only what is not at its default')
    .addOption(jsonOption());
  show.action(async (options: { at?: TimeText; changed?: true; json?: true }) => {
    const { policy, defaults } = await policyAt(globalsOf(show), options.at);
    if (options.json === true) return printJson(policy);
    printPolicy(policy, defaults, options.changed === true);
  });
  addExamples(show, 'policy show', 'policy show --changed', 'policy show --json > policy.json');

  const set = command
    .command('set <file|key=value...>')
    .description('Change parameters from here on: those in a JSON file, or KEY=VALUE. What was said before stays.')
    .option('--dry-run', 'only say what would change')
    .addOption(jsonOption());
  set.action(async (given: readonly string[], options: SetOptions) =>
    change(globalsOf(set), await policyArguments(given), options),
  );
  addExamples(
    set,
    'policy set horizon_h=24 boost_max=2',
    'policy set policy.json --dry-run',
    'policy set method=static',
    'policy set method_version=1',
    `policy set 'windows=[{"key":"api_month","length_s":2592000,"anchor":"fixed","known_budget_micro_usd":500000000}]'`,
  );

  const reset = command
    .command('reset [key...]')
    .description('Put parameters back to their defaults: those that are named, or all.')
    .option('--dry-run', 'only say what would change')
    .addOption(jsonOption());
  reset.action(async (keys: readonly string[], options: SetOptions) =>
    change(globalsOf(reset), await defaultsOf(keys), options),
  );
  addExamples(reset, 'policy reset', 'policy reset horizon_h --dry-run');

  addExamples(command, 'policy show', 'policy set horizon_h=24 --dry-run', 'policy reset');
}

/** The policy in force; the defaults where the ledger or the pool is not there yet. */
async function policyAt(globals: Globals, at: TimeText | undefined): Promise<{ policy: Policy; defaults: Policy }> {
  const { defaultPolicy } = await import('../../fairness/policy.js');
  return withView(globals, async (view) => {
    const time = await view.instant(at);
    const upTo = time === undefined ? undefined : await view.engine.seqAt(view.pool, time);
    const event = upTo === 0 ? undefined : await view.newest({ types: ['policy.set'], upTo });
    return {
      policy: event?.type === 'policy.set' ? (event.payload as Policy) : defaultPolicy,
      defaults: defaultPolicy,
    };
  });
}

async function defaultsOf(keys: readonly string[]): Promise<PolicyChange> {
  const { defaultPolicy } = await import('../../fairness/policy.js');
  const { version: _, ...defaults } = defaultPolicy;
  if (keys.length === 0) return defaults;
  refuseUnknown(keys, defaults);
  return Object.fromEntries(keys.map((key) => [key, defaults[key as keyof PolicyParameters]]));
}

interface Difference {
  readonly parameter: string;
  readonly from: string;
  readonly to: string;
}

async function change(globals: Globals, wanted: PolicyChange, { dryRun, json }: SetOptions): Promise<void> {
  const { policy } = await policyAt(globals, undefined).catch(async (error: Error) => {
    // The recorder opens a ledger that is not there yet; a rehearsal must not.
    if (dryRun === true) throw error;
    return { policy: (await import('../../fairness/policy.js')).defaultPolicy };
  });
  const differences = await differencesOf(policy, wanted);
  if (dryRun === true) {
    await refuseContradictions(policy, wanted);
    if (json === true)
      return printJson(
        Object.fromEntries(differences.map(({ parameter }) => [parameter, wanted[parameter as keyof PolicyChange]])),
      );
    printTable(differenceColumns, differences, 'Nothing would change.');
    if (differences.length > 0) printLine('\nNothing was recorded.');
    return;
  }
  const { withPoolClient } = await import('../open-client.js');
  const result = await withPoolClient(globals, (client) => client.record({ type: 'policy.set', payload: wanted }));
  if (json !== true && result.status === 'recorded') printTable(differenceColumns, differences, '');
  printResult(result, 'The policy is changed', json);
}

const differenceColumns = [
  { head: 'parameter', value: ({ parameter }: Difference) => parameter },
  { head: 'is', value: ({ from }: Difference) => from },
  { head: 'becomes', value: ({ to }: Difference) => to },
];

async function differencesOf(policy: Policy, wanted: PolicyChange): Promise<Difference[]> {
  const { canonicalJson } = await import('../../events/canonical.js');
  return Object.entries(wanted)
    .map(([parameter, value]) => ({
      parameter,
      from: canonicalJson(policy[parameter as keyof Policy]),
      to: canonicalJson(value),
    }))
    .filter(({ from, to }) => from !== to);
}

/** What recording it would refuse: parameters that are right each for itself, and contradict each other. */
async function refuseContradictions(policy: Policy, wanted: PolicyChange): Promise<void> {
  const { decidePolicy } = await import('../../events/decide/policy.js');
  const { emptyState } = await import('../../events/state.js');
  const { poolId } = await import('../../events/scalars.js');
  const state = emptyState(poolId.parse('rehearsal'));
  state.fair.policy = policy;
  const decision = decidePolicy(state, { type: 'policy.set', payload: wanted, actor: 'local', source: 'cli/1' });
  if (!decision.accepted) throw usageError(`${decision.detail}.`);
}

function printPolicy(policy: Policy, defaults: Policy, onlyChanged: boolean): void {
  const { version } = policy;
  printLine(version === 0 ? 'The defaults are in force.' : `Policy version ${version}.`);
  printLine();
  const names = Object.keys(policyWords) as ScalarParameter[];
  const changed = (name: ScalarParameter) => policy[name] !== defaults[name];
  const ownDefault = { head: 'default', value: (name: ScalarParameter) => shownValue(defaults[name]), right: true };
  printTable(
    [
      { head: 'parameter', value: (name: ScalarParameter) => name },
      {
        head: 'value',
        value: (name) => (changed(name) ? `${shownValue(policy[name])} *` : shownValue(policy[name])),
        right: true,
      },
      ...(names.some(changed) ? [ownDefault] : []),
      { head: 'what it means', value: (name) => policyWords[name], wrap: true },
    ],
    onlyChanged ? names.filter(changed) : names,
    'Every parameter is at its default.',
  );
  if (onlyChanged && JSON.stringify(policy.windows) === JSON.stringify(defaults.windows)) return;
  printHeading('Windows');
  printTable(windowColumns, policy.windows, 'None is listed: each has the rules that its key suggests.');
}

const shownValue = (value: string | number | undefined): string =>
  typeof value === 'number' ? String(Math.round(value * 1e4) / 1e4) : (value ?? '');

const windowColumns = [
  { head: 'key', value: ({ key }: WindowRule) => key },
  {
    head: 'length',
    value: ({ length_s: length }: WindowRule) => durationText(length),
    right: true,
  },
  { head: 'anchor', value: ({ anchor }: WindowRule) => anchor },
  { head: 'models', value: ({ models }: WindowRule) => models?.join(', ') ?? 'all' },
  {
    head: 'budget',
    value: ({ known_budget_micro_usd: budget }: WindowRule) => (budget === undefined ? 'learnt' : microUsdText(budget)),
    right: true,
  },
  { head: 'resets', value: ({ resets_at: at }: WindowRule) => (at === undefined ? null : instantText(at)) },
  { head: 'margin %', value: ({ margin_percent: margin }: WindowRule) => margin, right: true },
  { head: 'reserve %', value: ({ reserve_percent: reserve }: WindowRule) => reserve, right: true },
];
