/**
 * The names that this server answers to: what a browser calls it. A page whose name was made to point here (DNS
 * rebinding) has an origin and a host that agree with each other, but neither is one of these.
 */
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Where the server listens; a server that only takes injected requests has the address they name. */
export type BoundAddress = Pick<AddressInfo, 'address' | 'port'>;

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const injected: BoundAddress = { address: '127.0.0.1', port: 80 };

export class Authorities {
  readonly #public: ReadonlySet<string>;
  readonly #bound: () => BoundAddress | null;
  readonly #scheme: 'http' | 'https';
  #own: { readonly address: BoundAddress; readonly hosts: ReadonlySet<string>; readonly origins: ReadonlySet<string> };

  /** `publicNames` are separated by commas, each with its port where that is not the usual one. */
  constructor(publicNames: string, bound: () => BoundAddress | null, scheme: 'http' | 'https' = 'http') {
    this.#scheme = scheme;
    this.#public = new Set(publicNames.toLowerCase().split(',').flatMap(nameIn));
    this.#bound = bound;
    this.#own = namesOf(injected, this.#scheme);
  }

  /**
   * Of a `Host` header. Addresses of this machine are ours with any port: a forward that leads here has one of its own, and no name
   * can be made to be one of them. Without a port it comes from a program: a browser leaves out none but 80.
   */
  hasHost(host: string): boolean {
    const wanted = host.toLowerCase();
    if (loopback.includes(wanted.replace(/:[0-9]{1,5}$/, ''))) return true;
    return this.#names().hosts.has(wanted) || this.#public.has(wanted.replace(/:(80|443)$/, ''));
  }

  /** Of an address with its port, by which nobody else of this machine is reached: at another port somebody else may hand on. */
  isOwn(address: string): boolean {
    const wanted = address.toLowerCase();
    const { port } = this.#bound() ?? injected;
    const isBound = wanted.endsWith(`:${port}`) && this.#names().hosts.has(wanted);
    return isBound || this.#public.has(wanted) || this.#public.has(wanted.replace(/:(80|443)$/, ''));
  }

  /** Of an `Origin` header: our pages are served as the port speaks, unless something in front of us adds TLS. */
  hasOrigin(origin: string): boolean {
    const wanted = origin.toLowerCase();
    return this.#names().origins.has(wanted) || this.#public.has(wanted.replace(/^https?:\/\//, ''));
  }

  #names() {
    const address = this.#bound() ?? injected;
    if (address.port !== this.#own.address.port || address.address !== this.#own.address.address) {
      this.#own = namesOf(address, this.#scheme);
    }
    return this.#own;
  }
}

function namesOf(address: BoundAddress, scheme: 'http' | 'https') {
  const own = isAny(address.address) ? addressesHere() : [address.address];
  const names = [...new Set([...loopback, ...own.map((each) => (each.includes(':') ? `[${each}]` : each))])];
  const withPort = names.map((name) => `${name}:${address.port}`);
  const origins = (address.port === (scheme === 'http' ? 80 : 443) ? names : withPort).map(
    (name) => `${scheme}://${name}`,
  );
  return { address, hosts: new Set([...names, ...withPort]), origins: new Set(origins) };
}

const isAny = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** No name leads a browser to a server that it takes for another one where it is called by a number. */
const addressesHere = (): string[] =>
  Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));

function nameIn(text: string): string[] {
  const name = text.trim().replace(/:(80|443)$/, '');
  return name === '' ? [] : [name];
}
