/** Rules about the quota: readings that stay away, windows that run out, and what was used outside of the ledger. */
import { readingsStatus, type WindowStatus } from '../../status/windows.js';
import { durationText } from '../../text/duration.js';
import { usdText } from '../../text/money.js';
import { percentText } from '../../text/percent.js';
import { clockText, relativeText } from '../../text/time.js';
import { type Finding, isAbove, type Rule, type RuleInput } from '../rule.js';

/** Windows of which something is known and that are in force. */
const known = ({ status }: RuleInput): WindowStatus[] => status.windows.filter(({ active }) => active);

/** Nobody needs a reading of a quota that nobody uses: only use that came after the last one makes it old. */
export const quotaStale: Rule = {
  name: 'quota-stale',
  meaning: 'The quota was read regularly and is not any more, while it is used.',
  isUrgent: false,
  find({ state, at, isOpen }) {
    const { readAt, everyMs, isMissing } = readingsStatus(state, at);
    if (readAt === null || !isMissing) return [];
    const lastUse = Math.max(0, ...[...state.identities.values()].map(({ lastSeen }) => lastSeen ?? 0));
    if (lastUse <= readAt && !isOpen('quota')) return [];
    const usual = everyMs === null ? '' : ` Readings usually come every ${durationText(everyMs / 1_000)}.`;
    return [{ subject: 'quota', text: `The quota was last read ${relativeText(readAt, at)}.${usual}` }];
  },
};

const chance = { above: 0.5, until: 0.4 } as const;

export const windowProjected: Rule = {
  name: 'window-projected',
  meaning: 'A window will probably run out before its reset, or most of it is used.',
  isUrgent: false,
  find(facts) {
    const { windowPercent, windowPercentHigh } = facts.thresholds;
    return known(facts).flatMap((window): Finding[] => {
      if (window.exhausted) return [];
      const [low, high] = [window.key, `${window.key} over ${windowPercentHigh} %`];
      const isLow = isFuller(window, windowPercent, facts.isOpen(low)) || isProjected(window, facts.isOpen(low));
      const subjects = [
        ...(isLow ? [low] : []),
        ...(isFuller(window, windowPercentHigh, facts.isOpen(high)) ? [high] : []),
      ];
      return subjects.map((subject) => ({ subject, text: projectedText(facts, window) }));
    });
  },
};

const isFuller = ({ percent, readPercent }: WindowStatus, threshold: number, isOpen: boolean): boolean =>
  isAbove(percent ?? readPercent ?? 0, threshold, isOpen, 0.96);

const isProjected = ({ runout }: WindowStatus, isOpen: boolean): boolean =>
  runout !== null && runout.beforeReset > (isOpen ? chance.until : chance.above);

function projectedText({ status }: RuleInput, { key, percent, readPercent, runout, resetsAt }: WindowStatus): string {
  const resets = resetsAt === null ? '' : `, and it resets ${relativeText(resetsAt, status.at)}`;
  const used = `${key} is used to ${percentText(percent ?? readPercent ?? 0)}${resets}.`;
  if (runout === null) return used;
  const p50 = clockText(runout.p50, status.timeZone);
  return `${used} With a chance of ${percentText(Math.round(100 * runout.beforeReset))} it runs out before; used on as now, about ${p50}.`;
}

export const windowExhausted: Rule = {
  name: 'window-exhausted',
  meaning: 'A window is used up: who needs it waits for its reset.',
  isUrgent: true,
  find(facts) {
    return known(facts).flatMap(({ key, exhausted, resetsAt }): Finding[] => {
      if (!exhausted) return [];
      const when = resetsAt === null ? '' : `, ${relativeText(resetsAt, facts.at)}`;
      return [{ subject: key, text: `${key} is used up: nobody who needs it runs before it resets${when}.` }];
    });
  },
};

export const unattributedUse: Rule = {
  name: 'unattributed-use',
  meaning: 'A large part of a window was used outside of the ledger.',
  isUrgent: false,
  find(facts) {
    const { unattributedPercent } = facts.thresholds;
    return known(facts).flatMap(({ key, budgetKnown, budgetUsd, unattributedUsd }): Finding[] => {
      if (!budgetKnown || budgetUsd === null || unattributedUsd === null || budgetUsd <= 0) return [];
      const percent = (100 * unattributedUsd) / budgetUsd;
      if (!isAbove(percent, unattributedPercent, facts.isOpen(key), 0.8)) return [];
      const used = `${usdText(unattributedUsd)} of ${key}, ${percentText(percent)} of it`;
      return [{ subject: key, text: `${used}, was used by somebody who does not report to this ledger.` }];
    });
  },
};
