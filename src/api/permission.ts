/** What a principal may ask of the ledger, beyond what its route lets it do. */
import type { EventType } from '../events/catalogue.js';
import type { Command } from '../events/command.js';
import { findIdentity } from '../events/identities.js';
import { foldName } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import { Problem } from '../problems.js';
import { hasScope, type Principal } from './principal.js';

/** Reports are facts that whoever made them says; everything else changes what others get. */
const scopeOfCommand = {
  'usage.recorded': 'ingest',
  'quota.read': 'ingest',
  'quota.exhausted': 'ingest',
  'agent.paused': 'ingest',
  'agent.resumed': 'ingest',
  'agent.chose': 'ingest',
  'agent.advised': 'ingest',
  'turn.granted': 'ingest',
  'turn.renewed': 'ingest',
  'turn.settled': 'ingest',
  'turn.released': 'ingest',
  'turn.denied': 'admin',
  'turn.expired': 'admin',
  'instance.conflict': 'admin',
  'session.measured': 'admin',
  'pool.configured': 'admin',
  'identity.registered': 'admin',
  'identity.changed': 'admin',
  'identity.aliased': 'admin',
  'identity.merged': 'admin',
  'identity.retired': 'admin',
  'identity.lapsed': 'admin',
  'identity.reinstated': 'admin',
  'usage.corrected': 'admin',
  'quota.rejected': 'admin',
  'window.lapsed': 'admin',
  'policy.set': 'admin',
  'day.closed': 'admin',
  'alert.raised': 'admin',
  'alert.acknowledged': 'admin',
  'alert.cleared': 'admin',
  'cleanup.completed': 'admin',
  'maintenance.began': 'admin',
  'maintenance.ended': 'admin',
  'clock.corrected': 'admin',
  'import.completed': 'admin',
  'key.created': 'admin',
  'key.rotated': 'admin',
  'key.revoked': 'admin',
  'secret.created': 'admin',
  'secret.rotated': 'admin',
  'secret.revoked': 'admin',
  'webhook.received': 'admin',
  'ledger_key.rotated': 'admin',
  'projection.rebuilt': 'admin',
} as const satisfies Record<EventType, 'ingest' | 'admin'>;

/** Throws `scope_missing`, and `identity_forbidden` for a report of another identity than the principal's own. */
export function permit(principal: Principal, state: () => PoolState, { type, payload }: Command): void {
  if (principal.scopes === 'all') return;
  const about = payload as { readonly name?: unknown; readonly turn?: unknown; readonly imported?: unknown };
  requireScope(principal, about.imported === undefined ? scopeOfCommand[type] : 'admin', type);
  if (principal.identity === undefined) return;
  const turn = typeof about.turn === 'string' ? state().turns.get(about.turn as never)?.name : undefined;
  const name = typeof about.name === 'string' ? about.name : turn;
  if (name !== undefined) permitIdentity(principal, state, name);
}

/** Throws `identity_forbidden` where the principal is another identity: by name, alias or merge. */
export function permitIdentity({ identity: own, key, actor }: Principal, state: () => PoolState, name: string): void {
  if (own === undefined || foldName(own) === foldName(name)) return;
  const [mine, theirs] = [own, name].map((each) => findIdentity(state(), each));
  if (mine !== undefined && mine === theirs) return;
  const whose = key === undefined ? actor : `the key ${key}`;
  throw new Problem('identity_forbidden', `${whose} reports for ${own}, and not for ${name.slice(0, 100)}`);
}

export function requireScope(principal: Principal, scope: 'ingest' | 'read' | 'admin', what: string): void {
  if (hasScope(principal, scope)) return;
  const whose = principal.key === undefined ? 'without a key, this' : `the key ${principal.key}`;
  throw new Problem('scope_missing', `${what} needs the scope ${scope}, which ${whose} does not have`);
}
