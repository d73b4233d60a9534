/** What the ledger itself asks for, as nobody from outside does. */
import type { Command, CommandOf } from '../events/command.js';

/** Who asks. */
export const byLedger = { actor: 'local', source: 'ledger/1' } as const satisfies Partial<Command>;

/** A pool goes on by the newest version of the method, where nobody has said another one. */
export const adoptMethod: CommandOf<'policy.set'> = {
  type: 'policy.set',
  payload: { method_version: 2 },
  onlyAbsent: true,
  ...byLedger,
};

/** All turns whose time is up expire. */
export const expireTurns: CommandOf<'turn.expired'> = { type: 'turn.expired', payload: {}, ...byLedger };

/** The pool forgets identities, and windows, of which nobody has heard for long. */
export const forgetLapsed: readonly Command[] = [
  { type: 'identity.lapsed', payload: {}, ...byLedger },
  { type: 'window.lapsed', payload: {}, ...byLedger },
];

/** The log is not the one that a checkpoint was signed of. */
export const logRewritten = (text: string): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: { rule: 'log-rewritten', subject: 'log', text: text.slice(0, 1_000), dedupe_key: 'log-rewritten' },
  ...byLedger,
});

/** A job has failed as often as it may. */
export const jobDead = (kind: string, id: string): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: {
    rule: 'job-dead',
    subject: kind,
    text: `a job of the kind ${kind} failed as often as it may: see \`resource-share jobs show ${id}\``,
    dedupe_key: `job-dead:${kind}`,
  },
  ...byLedger,
});

/** A job that is to end does not. */
export const jobStuck = (kind: string, id: string): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: {
    rule: 'job-stuck',
    subject: kind,
    text: `a job of the kind ${kind} lost its claim and does not end: see \`resource-share jobs show ${id}\``,
    dedupe_key: `job-stuck:${kind}`,
  },
  ...byLedger,
});

/** It has ended after all. */
export const jobUnstuck = (kind: string): CommandOf<'alert.cleared'> => ({
  type: 'alert.cleared',
  payload: { dedupe_key: `job-stuck:${kind}`, reason: 'the job ended' },
  ...byLedger,
});

/** Acknowledged events are gone. */
export const lossAlert = (text: string): CommandOf<'alert.raised'> => ({
  type: 'alert.raised',
  payload: { rule: 'events-lost', subject: 'storage', text, dedupe_key: 'events-lost' },
  ...byLedger,
});
