/** On whose behalf a request is: who is named in what it appends, and what it may touch. */
import type { IdentityName, PoolId } from '../events/scalars.js';

export interface Principal {
  /** Stands in the events that the request appends. */
  readonly actor: string;
  /** The only pool that may be touched; null: any. */
  readonly pool: PoolId | null;
  readonly scopes: ReadonlySet<string> | 'all';
  /** The agent it is, where it is one. */
  readonly identity?: IdentityName;
}

/** Who sends what comes in without credentials from this machine, and by the Unix socket. */
export const local: Principal = { actor: 'local', pool: null, scopes: 'all' };

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guards. */
    principal: Principal;
  }
}
