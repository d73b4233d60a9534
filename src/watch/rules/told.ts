/** Alerts that others raise, of what has happened: a day after somebody has seen one, it is cleared. */
import { unpricedRule } from '../../events/decide/price.js';
import type { Alert } from '../../events/state.js';
import type { Finding, Rule, RuleInput } from '../rule.js';

/** How long it stays after somebody has seen it. */
const seenMs = 86_400_000;

const told = (name: string, meaning: string): Rule => ({
  name,
  meaning,
  isUrgent: true,
  find: (facts) => openOf(facts, name).flatMap(([key, alert]) => (isDone(alert, facts.at) ? [] : [kept(key, alert)])),
});

export const toldRules: readonly Rule[] = [
  told('events-lost', 'Acknowledged events are gone: a fail-over or a disk has lost them.'),
  told('two-accounts', 'Readings of two accounts of the provider come in.'),
  told('report-without-turn', 'An agent ran without a turn where turns are enforced.'),
  told('identity-limit', 'The pool holds as many names as it may: further ones count for `Unknown`.'),
  told('many-new-names', 'More unknown names joined within an hour than may.'),
  told('job-stuck', 'A job was told to end, and does not.'),
  told('delivery-dead', 'What is delivered to an endpoint does not arrive, and is not tried again.'),
  told('audit-behind', 'A sink of the audit trail takes nothing.'),
  told('keys-refused', 'Somebody sends API keys that are refused, again and again.'),
];

/** Who runs jobs raises it, for each kind. */
export const jobDead: Rule = {
  name: 'job-dead',
  meaning: 'A job failed as often as it may, and is not tried again.',
  isUrgent: true,
  find(facts) {
    const { jobs } = facts.operation;
    if (jobs === null) return null;
    return openOf(facts, 'job-dead').flatMap(([key, alert]) =>
      jobs.dead.includes(alert.subject) ? [kept(key, alert)] : [],
    );
  },
};

/** A report raises it; it is over once the model has a price. That there are more of them is over once none is left. */
export const modelUnpriced: Rule = {
  name: unpricedRule,
  meaning: 'A model has no price: its use counts at the dearest price of what is like it.',
  isUrgent: false,
  find(facts) {
    const { prices, at } = facts;
    if (prices === null) return null;
    const open = openOf(facts, unpricedRule);
    const models = open.filter(([key]) => key !== unpricedRule && key !== `${unpricedRule}:`);
    const left = models.filter(
      ([, { subject: model }]) => 'lack' in prices.priceOf({ model, at, tokens: { input: 1 }, pricing: {} }),
    );
    const others = open.filter(
      ([key, alert]) => (key === unpricedRule && left.length > 0) || (key === `${unpricedRule}:` && !isDone(alert, at)),
    );
    return [...left, ...others].map(([key, alert]) => kept(key, alert));
  },
};

const openOf = ({ state }: RuleInput, name: string) => [...state.alerts].filter(([, { rule }]) => rule === name);

const isDone = ({ acknowledgedAt }: Alert, at: number): boolean =>
  acknowledgedAt !== null && at - acknowledgedAt >= seenMs;

const kept = (key: string, { subject, text }: Alert): Finding => ({ key, subject, text });
