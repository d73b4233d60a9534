/**
 * Drives the product's own controller from a simulated world: every report, reading and pause becomes a command, is
 * decided and folded as in the ledger, and the answer is the advice the agent would have got. Needs `npm run build`.
 *
 * createController({ windows, config }): windows are {id, len, anchor, models?, knownBudget?} with times in seconds and
 * costs in dollars; config holds parameters of the policy that differ from the defaults.
 */
import { MemoryPool } from '../../dist/src/events/memory-pool.js';

const weekMs = 604_800_000;
/** A Thursday at midnight UTC, as 1970-01-01 was: the world's time 0, in years the ledger accepts. */
const start = 2_900 * weekMs;
const keys = { five_hour: 'session_5hour', week_all: 'week_all', week_sonnet: 'week_sonnet' };

const msOf = (seconds) => start + Math.round(seconds * 1_000);
const microOf = (dollars) => Math.round(dollars * 1e6);

function ruleOf({ id, len, anchor, models, knownBudget }) {
  return {
    key: keys[id] ?? id,
    length_s: len,
    anchor,
    ...(models === undefined ? {} : { models }),
    ...(knownBudget === undefined ? {} : { known_budget_micro_usd: microOf(knownBudget), resets_at: start }),
  };
}

export function createController({ windows, config = {} }) {
  const pool = new MemoryPool('world');
  let told = null;
  const take = (at, type, payload, occurredAt) =>
    pool.take({ type, payload, occurredAt, actor: 'bench', source: 'world/1' }, msOf(at));

  take(0, 'policy.set', { ...config, windows: windows.map(ruleOf) });

  return {
    event(event) {
      const { t, type, id } = event;
      if (type === 'increment') {
        const { mode, cost, model, occurredAt } = event;
        const payload = { name: id, mode, cost_micro_usd: microOf(cost), model };
        told = take(t, 'usage.recorded', payload, occurredAt === undefined ? undefined : msOf(occurredAt)).advice;
      } else if (type === 'reading') {
        const read = event.windows.map(({ id, percent, resetsAt }) => ({
          key: keys[id] ?? id,
          percent_bp: Math.round(percent * 100),
          ...(resetsAt === null ? {} : { resets_at: msOf(resetsAt) }),
        }));
        take(t, 'quota.read', { windows: read }, msOf(event.measuredAt ?? t));
      } else if (type === 'identity') {
        const { weight, mult, model, collabPref, minInterval } = event;
        const attributes = {
          weight,
          cost_multiplier: mult,
          model,
          collaborative_pref: collabPref,
          interval_s_min: minInterval,
        };
        const known = pool.state.identities.has(id.toLowerCase());
        take(t, known ? 'identity.changed' : 'identity.registered', { name: id, ...attributes });
      } else if (type === 'pause') {
        take(t, 'agent.paused', { name: id, until: msOf(event.until) });
      } else if (type === 'retire') {
        take(t, 'identity.retired', { name: id });
      }
    },
    /** The answer to the increment that was just reported. */
    interval() {
      return told.interval_s;
    },
    recheck: pool.state.fair.policy.recheck_s,
    /** A re-check: a new interval, or null where the old one stands. */
    poll(id, t) {
      const { events, advice } = take(t, 'agent.advised', { name: id });
      return events.length === 0 ? null : advice.interval_s;
    },
  };
}
