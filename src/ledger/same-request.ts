/**
 * Whether a request may be the one that an event came of, as far as the event shows it: an import brings events under their
 * keys, but not the requests. What the event says must be what was asked for; what it does not say may have been anything.
 */
import { canonicalJson } from '../events/canonical.js';
import { isResponse, sightOf, type UsageMeter } from '../events/catalogue/meter.js';
import { isEventType } from '../events/catalogue.js';
import type { Command, CommandOf } from '../events/command.js';
import { findIdentity } from '../events/identities.js';
import { isGuess, meterIds } from '../events/meter.js';
import { foldName } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { broughtAlong } from './adopted.js';

export interface Answered {
  readonly type: string | null;
  readonly occurred_at: number | null;
  /** JSON text. */
  readonly payload: string | null;
}

type Members = Readonly<Record<string, unknown>>;

export function mayBeAnsweredBy(state: PoolState, command: Command, event: Answered): boolean {
  if (event.type === null || event.payload === null || !isEventType(event.type)) return false;
  if (event.type === 'usage.corrected' && command.type === 'usage.recorded')
    return isOfResponse(command, event.payload);
  // It only came along with what was asked for, which was imported in a later batch.
  if (event.type !== command.type && broughtAlong.has(event.type)) return true;
  if (event.type !== command.type && !(command.type === 'turn.granted' && answersOfAsking.has(event.type)))
    return false;
  const { occurredAt } = command;
  if (occurredAt !== undefined && keepsTime(command.type) && event.occurred_at !== occurredAt) return false;
  const shown = JSON.parse(event.payload) as Members;
  if (command.type === 'usage.recorded') return showsUse(state, command.payload, shown);
  return shows(state, command.payload, shown);
}

/** A response that is told again is answered by the correction of its use. */
function isOfResponse({ payload: { meter } }: CommandOf<'usage.recorded'>, corrected: string): boolean {
  const known = (JSON.parse(corrected) as { readonly meter?: { readonly ids: readonly string[] } }).meter;
  if (meter === undefined || known === undefined || !isResponse(meter)) return false;
  return meterIds(sightOf(meter)).some((id) => known.ids.includes(id));
}

const answersOfAsking: ReadonlySet<string> = new Set(['turn.denied', 'turn.renewed']);

/** The others happen when they are recorded, whatever the request says. */
const keepsTime = (type: string): boolean =>
  /^(usage|quota\.read|quota\.exhausted|agent\.paused|agent\.chose)/.test(type);

/** Members that name an identity: an event names the one that the name stood for. */
const nameMembers: ReadonlySet<string> = new Set(['name', 'from', 'into']);
/** Members that are judged before they are recorded. */
const judgedMembers: ReadonlySet<string> = new Set(['confidence']);

/** Whether what was asked for is what is shown, where both say something. */
function shows(state: PoolState, asked: unknown, shown: unknown): boolean {
  if (Array.isArray(asked) && Array.isArray(shown)) {
    return asked.length === shown.length && asked.every((item, i) => shows(state, item, shown[i]));
  }
  if (!isObject(asked) || !isObject(shown)) return same(asked, shown);
  return Object.keys(asked).every((name) => {
    const [own, other] = [asked[name], shown[name]];
    if (own === undefined || !Object.hasOwn(shown, name) || judgedMembers.has(name)) return true;
    return nameMembers.has(name) ? sameIdentity(state, own, other) : shows(state, own, other);
  });
}

const describedMembers = [
  'mode',
  'mode_source',
  'pricing',
  'legacy_tokens',
  'unit',
  'model',
  'session',
  'instance',
  'project',
  'tags',
  'context_percentage',
  'current_interval',
  'turn',
  'meter',
] as const;

/** A report is shown whole: what it did not say is not in the event either, but for what was worked out from it. */
function showsUse(state: PoolState, asked: Members, shown: Members): boolean {
  if (!sameIdentity(state, asked.name, shown.given_name ?? shown.name)) return false;
  if (!describedMembers.every((name) => same(asked[name], shown[name]))) return false;
  const { counter = {} } = shown as { counter?: Members };
  const { total_cost_usd: totalCost, total_tokens: totalTokens } = asked;
  const cost = typeof totalCost === 'number' ? Math.round(totalCost * 1e6) : undefined;
  const isReported = shown.cost_source === 'reported';
  // A cost that was not believed is not shown.
  const { meter } = asked as { meter?: UsageMeter };
  const costIsSame =
    cost !== undefined
      ? same(cost, counter.cost_micro_usd)
      : (!isReported && meter !== undefined && isGuess(meter)) ||
        same(asked.cost_micro_usd, isReported ? shown.cost_micro_usd : undefined);
  return (
    costIsSame && (totalTokens === undefined ? same(asked.tokens, shown.tokens) : same(totalTokens, counter.tokens))
  );
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const same = (one: unknown, other: unknown): boolean =>
  one === other || (one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other));

function sameIdentity(state: PoolState, one: unknown, other: unknown): boolean {
  const [a, b] = [String(one), String(other)];
  if (foldName(a) === foldName(b)) return true;
  const found = findIdentity(state, a);
  return found !== undefined && found === findIdentity(state, b);
}
