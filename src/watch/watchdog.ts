/**
 * Looks at every pool, raises the alerts that its rules find, and clears those whose cause is gone. Each alert is decided on the
 * state of the log: however many nodes look at once, it is raised once, and not again within an hour of its clearing.
 */
import type { Command } from '../events/command.js';
import { unpricedRule } from '../events/decide/price.js';
import type { Prices } from '../events/prices.js';
import { defaultPool, type EpochMs, foldName, type PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { maintenanceOf } from '../ledger/maintenance.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { statusOf } from '../status/status.js';
import { visible } from '../text/visible.js';
import { type Operation, type OperationSources, operationNow } from './operation.js';
import { Past } from './past.js';
import { isQuiet, type QuietHours } from './quiet-hours.js';
import type { Finding, Rule, RuleInput, Thresholds } from './rule.js';
import { rules } from './rules.js';

export interface WatchSettings {
  readonly thresholds: Thresholds;
  readonly quietHours: QuietHours | null;
  /** Rules whose alerts wait for the end of the quiet hours; null for those that are not urgent. */
  readonly heldBack: readonly string[] | null;
}

export const watchDefaults: WatchSettings = {
  thresholds: {
    overdueIntervals: limits.overdueIntervals,
    windowPercent: limits.windowPercent,
    windowPercentHigh: limits.windowPercentHigh,
    unattributedPercent: limits.unattributedPercent,
    diskFreeBytes: limits.diskFreeMib * 1_048_576,
  },
  quietHours: null,
  heldBack: null,
};

/** What one look at a pool found. */
export interface PoolLook {
  readonly pool: PoolId;
  readonly open: number;
  /** As `rule: subject`. */
  readonly raised: readonly string[];
  readonly cleared: readonly string[];
  /** Waiting for the end of the quiet hours, or of the maintenance. */
  readonly heldBack: readonly string[];
}

export class Watchdog {
  readonly #ledger: Ledger;
  #settings: WatchSettings;
  readonly #sources: OperationSources;
  readonly #pasts = new Map<PoolId, Past>();
  #looking: Promise<unknown> = Promise.resolve();
  /** While it is so, nothing is raised; what is open is still cleared. */
  isSilenced: () => boolean = () => maintenanceOf(this.#ledger) !== null;

  constructor(ledger: Ledger, settings: WatchSettings = watchDefaults, sources: OperationSources = {}) {
    this.#ledger = ledger;
    this.#settings = settings;
    this.#sources = sources;
  }

  /** For the looks from now on. */
  change(settings: WatchSettings): void {
    this.#settings = settings;
  }

  /** Looks once, after a look that is under way. While the clock is in doubt there is nothing to see. */
  look(signal?: AbortSignal): Promise<PoolLook[]> {
    const looked = this.#looking.then(() => this.#lookAtAll(signal));
    this.#looking = looked.catch(() => undefined);
    return looked;
  }

  /** How the daemon itself does. */
  operation(): Promise<Operation> {
    return operationNow(this.#sources);
  }

  async #lookAtAll(signal: AbortSignal | undefined): Promise<PoolLook[]> {
    const ledger = this.#ledger;
    const operation = await operationNow(this.#sources);
    const prices = this.#asksForPrices ? ((await ledger.settings.prices?.()) ?? null) : null;
    const first = ledger.hasPool(defaultPool) ? defaultPool : ledger.poolNames[0];
    const looks: PoolLook[] = [];
    for (const pool of ledger.poolNames) {
      if (signal?.aborted === true || ledger.clockDoubt !== null || ledger.clockIsUnconfirmed) break;
      if (ledger.state(pool).seq > 0) looks.push(await this.#lookAt(pool, operation, prices, pool === first));
    }
    return looks;
  }

  /** Loading them takes a while, and only open alerts about models without one ask. */
  get #asksForPrices(): boolean {
    const { poolNames } = this.#ledger;
    return poolNames.some((pool) =>
      [...this.#ledger.state(pool).alerts.values()].some(({ rule }) => rule === unpricedRule),
    );
  }

  async #lookAt(pool: PoolId, operation: Operation, prices: Prices | null, isFirst: boolean): Promise<PoolLook> {
    const at = this.#ledger.now() as EpochMs;
    const use = await this.#past(pool).now(this.#ledger.state(pool), at);
    const state = this.#ledger.state(pool);
    const common = { pool, at, state, status: statusOf(state, at), use, operation, prices };
    const changes = rules
      .filter(({ isOfDaemon }) => isOfDaemon !== true || isFirst)
      .map((rule) => changesBy(rule, { ...common, thresholds: this.#settings.thresholds }));
    return this.#apply(pool, changes, (rule) => this.#waits(rule, at, state.timeZone));
  }

  #past(pool: PoolId): Past {
    const past = this.#pasts.get(pool) ?? new Past(this.#ledger, pool);
    this.#pasts.set(pool, past);
    return past;
  }

  #waits({ name, isUrgent }: Rule, at: number, timeZone: string): boolean {
    if (this.isSilenced()) return true;
    const { quietHours, heldBack } = this.#settings;
    if (quietHours === null || !isQuiet(quietHours, at, timeZone)) return false;
    return heldBack === null ? !isUrgent : heldBack.includes(name);
  }

  async #apply(pool: PoolId, changes: readonly Changes[], waits: (rule: Rule) => boolean): Promise<PoolLook> {
    const look = { raised: [] as string[], cleared: [] as string[], heldBack: [] as string[] };
    for (const { rule, gone, begun } of changes) {
      for (const { key, subject } of gone) {
        if (await this.#submit(pool, cleared(key))) look.cleared.push(`${rule.name}: ${subject}`);
      }
      for (const finding of begun) {
        const name = `${rule.name}: ${finding.subject}`;
        if (waits(rule)) look.heldBack.push(name);
        else if (await this.#submit(pool, raised(rule, finding))) look.raised.push(name);
      }
    }
    return { pool, open: this.#ledger.stateAfter(pool).alerts.size, ...look };
  }

  /** Whether it was recorded. What another node has cleared meanwhile is refused, and that is all right. */
  async #submit(pool: PoolId, command: Command): Promise<boolean> {
    const outcome = await this.#ledger.submitOne(pool, command);
    if (outcome.status !== 'rejected') return outcome.receipt !== undefined && outcome.status === 'recorded';
    if (outcome.code === 'alert_unknown') return false;
    throw new Problem(outcome.code, outcome.detail);
  }
}

interface Changes {
  readonly rule: Rule;
  readonly gone: readonly { readonly key: string; readonly subject: string }[];
  readonly begun: readonly Finding[];
}

function changesBy(rule: Rule, facts: Omit<RuleInput, 'isOpen'>): Changes {
  const open = [...facts.state.alerts].filter(([, alert]) => alert.rule === rule.name);
  const subjects = new Set(open.map(([, { subject }]) => subjectText(subject)));
  const found = rule.find({ ...facts, isOpen: (subject) => subjects.has(subjectText(subject)) });
  if (found === null) return { rule, gone: [], begun: [] };
  const wanted = fewer(rule, found, open);
  const keys = new Set(wanted.map((finding) => keyOf(rule, finding)));
  const gone = open.flatMap(([key, { subject }]) => (keys.has(key) ? [] : [{ key, subject }]));
  return { rule, gone, begun: wanted.filter((finding) => !facts.state.alerts.has(keyOf(rule, finding))) };
}

/** Of many findings of one rule, those that are open and the first others stand for themselves; one alert tells of the rest. */
function fewer(
  rule: Rule,
  found: readonly Finding[],
  open: readonly (readonly [string, unknown])[],
): readonly Finding[] {
  if (found.length <= limits.alertsOfRuleMax) return found;
  const keys = new Set(open.map(([key]) => key));
  const first = [...found].sort((a, b) => Number(keys.has(keyOf(rule, b))) - Number(keys.has(keyOf(rule, a))));
  const shown = first.slice(0, limits.alertsOfRuleMax);
  const rest = first.slice(limits.alertsOfRuleMax);
  const names = rest.slice(0, 3).map(({ subject }) => subject);
  const text = `${rest.length} more at once: ${names.join(', ')}${rest.length > names.length ? ' and others' : ''}.`;
  return [...shown, { subject: 'many', text, key: `${rule.name}::many` }];
}

/** With the rule before it, it is a key. */
const subjectCharacters = 200;

const subjectText = (subject: string): string => cut(visible(subject), subjectCharacters);

/** Not in the middle of a character. */
const cut = (text: string, characters: number): string => text.slice(0, characters).replace(/[\uD800-\uDBFF]$/, '');

const keyOf = ({ name }: Rule, { subject, key }: Finding): string => key ?? `${name}:${foldName(subjectText(subject))}`;

const byWatchdog = { actor: 'watchdog', source: 'watchdog/1' } as const;

const raised = (rule: Rule, finding: Finding): Command => ({
  type: 'alert.raised',
  payload: {
    rule: rule.name,
    subject: subjectText(finding.subject),
    text: cut(visible(finding.text), limits.reasonCharactersMax),
    dedupe_key: keyOf(rule, finding),
  },
  afterCooldown: true,
  ...byWatchdog,
});

const cleared = (key: string): Command => ({
  type: 'alert.cleared',
  payload: { dedupe_key: key, reason: 'its cause is gone' },
  ...byWatchdog,
});
