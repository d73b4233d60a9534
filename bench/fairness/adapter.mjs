/**
 * Drives the product's own controller from a simulated world: every report, reading and pause becomes a command, is
 * decided and folded as in the ledger, and the answer is the advice the agent would have got. Needs `npm run build`.
 *
 * createController({ windows, config }): windows are {id, len, anchor, models?, knownBudget?} with times in seconds and
 * costs in dollars; config holds parameters of the policy that differ from the defaults.
 */
import { MemoryPool } from '../../dist/src/simulate/memory-pool.js';

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
  /** Turns of the world, and what the pool calls them. */
  const turns = new Map();
  const take = (at, type, payload, occurredAt, advise = true) =>
    pool.take({ type, payload, occurredAt, actor: 'bench', source: 'world/1' }, msOf(at), advise);

  take(0, 'policy.set', { method_version: 2, ...config, windows: windows.map(ruleOf) });

  return {
    event(event) {
      const { t, type, id } = event;
      if (type === 'increment') {
        const { mode, cost, model, occurredAt, turn, ask = true } = event;
        const payload = { name: id, mode, cost_micro_usd: microOf(cost), model, turn: turns.get(turn)?.turn };
        // Who is not announced weighs what everybody does, and is no model's: the pool would take it for an unknown model's.
        if (!pool.state.identities.has(id.toLowerCase())) {
          take(t, 'identity.registered', { name: id, cost_multiplier: 1, status: 'unconfirmed' });
        }
        const happened = occurredAt === undefined ? undefined : msOf(occurredAt);
        told = take(t, 'usage.recorded', payload, happened, ask).advice ?? told;
      } else if (type === 'turn') {
        if (event.phase === 'begin') {
          const { events } = take(t, 'turn.granted', { name: id, ttl_s: 86_400, instance: { host: event.turn } });
          turns.set(event.turn, events.find(({ type }) => type === 'turn.granted')?.payload);
        } else {
          const { turn, token } = turns.get(event.turn);
          take(t, 'turn.released', { turn, token });
        }
      } else if (type === 'reading') {
        const read = event.windows.map(({ id, percent, resetsAt }) => ({
          key: keys[id] ?? id,
          percent_bp: Math.round(percent * 100),
          ...(resetsAt === null ? {} : { resets_at: msOf(resetsAt) }),
        }));
        take(t, 'quota.read', { windows: read }, msOf(event.measuredAt ?? t));
      } else if (type === 'identity') {
        const { weight, mult, model, collabPref, minInterval, group, groupWeight } = event;
        const attributes = {
          weight,
          cost_multiplier: mult,
          model,
          collaborative_pref: collabPref,
          interval_s_min: minInterval,
          group,
          group_weight: groupWeight,
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
    pool,
    recheck: pool.state.fair.policy.recheck_s,
    /** A re-check: a new interval, or null where the old one stands. */
    poll(id, t) {
      const { events, advice } = take(t, 'agent.advised', { name: id });
      return events.length === 0 ? null : advice.interval_s;
    },
  };
}
