/** On whose behalf a request is: who is named in what it appends, and what it may touch. */
import type { IdentityName, PoolId } from '../events/scalars.js';
import type { KeyRecord, KeyScope } from '../trust/keys.js';
import type { Session } from '../trust/sessions.js';
import type { SecretRecord } from '../trust/webhook-secrets.js';

export interface Principal {
  /** Stands in the events that the request appends. */
  readonly actor: string;
  /** The only pool that may be touched; null: any. */
  readonly pool: PoolId | null;
  readonly scopes: ReadonlySet<string> | 'all';
  /** The agent it is, where it is one. */
  readonly identity?: IdentityName | undefined;
  /** Id of its key, where it has sent one. */
  readonly key?: string | undefined;
}

/** Who sends what comes by the Unix socket, and from this machine as long as there is no key of the scope `admin`. */
export const local: Principal = { actor: 'local', pool: null, scopes: 'all' };

/** Who sends what comes without a key from this machine, once there is such a key. */
export const localReporter: Principal = { actor: 'local', pool: null, scopes: new Set(['ingest', 'read']) };

/** What a key of each scope may do. */
export const scopesOf: Readonly<Record<KeyScope, ReadonlySet<string>>> = {
  ingest: new Set(['ingest']),
  read: new Set(['read']),
  admin: new Set(['ingest', 'read', 'admin']),
};

export const principalOfKey = ({ id, scope, pool, identity }: KeyRecord): Principal => ({
  actor: `key:${id}`,
  pool: pool as PoolId | null,
  scopes: scopesOf[scope],
  key: id,
  ...(identity === null ? {} : { identity: identity as IdentityName }),
});

/** Who sends what is signed with a secret: it reports, and nothing else. */
export const principalOfSecret = ({ id, pool, identity }: SecretRecord): Principal => ({
  actor: `webhook:${id}`,
  pool: pool as PoolId,
  scopes: scopesOf.ingest,
  ...(identity === null ? {} : { identity: identity as IdentityName }),
});

export const hasScope = ({ scopes }: Principal, scope: string): boolean => scopes === 'all' || scopes.has(scope);

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guards. */
    principal: Principal;
    /** Of a browser that signed in, where that is who sends it. Set by the guards, by which not every request comes. */
    session?: Session | undefined;
  }
}
