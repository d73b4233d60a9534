/**
 * Where a message may be sent. Whoever names the URL of an endpoint is not to reach through the daemon what only the daemon can: its
 * machine, its network, what its provider tells it. So a host is resolved, all its addresses are looked at, and the connection goes to
 * one that was looked at.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { visible } from '../text/visible.js';
import { isPublicAddress } from './public-address.js';

const urlCharactersMax = 2_048;

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Why nothing is sent there, for people. */
export class TargetRefused extends Error {}

export type Resolve = (host: string) => Promise<readonly Address[]>;

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

export class Targets {
  readonly #allowed: ReadonlySet<string>;
  readonly #resolve: Resolve;

  /** `allowed`: hosts separated by commas, with or without a port, which are reached wherever they are, also over HTTP. */
  constructor(allowed = '', resolve: Resolve = resolveBySystem) {
    const names = allowed.split(',').map((name) => name.trim().toLowerCase());
    this.#allowed = new Set(names.filter((name) => name !== ''));
    this.#resolve = resolve;
  }

  /** Throws a `TargetRefused` where the URL, by its text alone, is none that anything is sent to. */
  parse(text: string): URL {
    if (text.length > urlCharactersMax) throw new TargetRefused(`is longer than ${urlCharactersMax} characters`);
    if (!URL.canParse(text)) throw new TargetRefused('is no URL');
    const url = new URL(text);
    if (url.username !== '' || url.password !== '') throw new TargetRefused('has a user or password in it');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TargetRefused('is neither https nor http');
    if (url.protocol === 'http:' && !this.#isAllowed(url))
      throw new TargetRefused(`is not https, and ${hostText(url)} is not in webhooks.allow_hosts`);
    const host = bareHost(url);
    if (isIP(host) !== 0) this.#requirePublic(url, [host]);
    return url;
  }

  /** Addresses of the host, each of which may be connected to. Throws a `TargetRefused` where one of them may not. */
  async addresses(url: URL): Promise<readonly [Address, ...Address[]]> {
    const host = bareHost(url);
    const family = isIP(host);
    const found = family === 0 ? await this.#resolve(host) : [{ address: host, family: family as 4 | 6 }];
    const [first, ...others] = found;
    if (first === undefined) throw new TargetRefused(`${hostText(url)} has no address`);
    this.#requirePublic(
      url,
      found.map(({ address }) => address),
    );
    return [first, ...others];
  }

  #requirePublic(url: URL, addresses: readonly string[]): void {
    if (this.#isAllowed(url)) return;
    const refused = addresses.find((address) => !isPublicAddress(address));
    if (refused === undefined) return;
    throw new TargetRefused(
      `leads to ${visible(refused)}, which is not in the internet, and ${hostText(url)} is not in webhooks.allow_hosts`,
    );
  }

  #isAllowed(url: URL): boolean {
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return this.#allowed.has(url.hostname) || this.#allowed.has(`${url.hostname}:${port}`);
  }
}

/** Without the brackets of IPv6. */
const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const hostText = (url: URL): string => visible(url.host);

/** A URL as it may be shown: what is behind the host may be a secret, as it is with chat tools. */
export function shownUrl(text: string): string {
  const { origin, pathname, search } = new URL(text);
  return pathname === '/' && search === '' ? origin : `${origin}/…`;
}
