/** What the settings of a client are to say: where the daemon is, and for whom. */

export interface Wish {
  /** Of the daemon, without a slash at the end. */
  readonly url: string;
  readonly pool: string | undefined;
  /** Who it is, where one name says it; undefined where rules say it by the folder, or the account and the host do. */
  readonly identity: string | undefined;
  /** What stands in the way is replaced. */
  readonly replace: boolean;
}

/** An address below the daemon's, with who it is and which pool. */
export function addressFor({ url, pool, identity }: Wish, path: string): string {
  const query = new URLSearchParams();
  if (identity !== undefined) query.set('agent', identity);
  if (pool !== undefined) query.set('pool', pool);
  const text = query.toString();
  return `${url}${path}${text === '' ? '' : `?${text}`}`;
}

/** As in the environment of OpenTelemetry, where `,`, `=` and spaces in a value are percent-encoded. */
export const resourceAttributes = (identity: string): string => `agent.id=${encodeURIComponent(identity)}`;
