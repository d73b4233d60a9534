/**
 * The names that this server answers to: what a browser calls it. A page whose name was made to point here (DNS
 * rebinding) has an origin and a host that agree with each other, but neither is one of these.
 */
import type { AddressInfo } from 'node:net';

/** Where the server listens; a server that only takes injected requests has the address they name. */
export type BoundAddress = Pick<AddressInfo, 'address' | 'port'>;

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const injected: BoundAddress = { address: '127.0.0.1', port: 80 };

export class Authorities {
  readonly #public: ReadonlySet<string>;
  readonly #bound: () => BoundAddress | null;
  #own: { readonly address: BoundAddress; readonly hosts: ReadonlySet<string>; readonly origins: ReadonlySet<string> };

  /** `publicNames` are separated by commas, each with its port where that is not the usual one. */
  constructor(publicNames: string, bound: () => BoundAddress | null) {
    this.#public = new Set(publicNames.toLowerCase().split(',').flatMap(nameIn));
    this.#bound = bound;
    this.#own = namesOf(injected);
  }

  /** Of a `Host` header. Without a port it comes from a program: a browser leaves out none but 80. */
  hasHost(host: string): boolean {
    const wanted = host.toLowerCase();
    return this.#names().hosts.has(wanted) || this.#public.has(wanted.replace(/:(80|443)$/, ''));
  }

  /** Of an `Origin` header: our pages are served without TLS, unless something in front of us adds it. */
  hasOrigin(origin: string): boolean {
    const wanted = origin.toLowerCase();
    return this.#names().origins.has(wanted) || this.#public.has(wanted.replace(/^https?:\/\//, ''));
  }

  #names() {
    const address = this.#bound() ?? injected;
    if (address.port !== this.#own.address.port || address.address !== this.#own.address.address) {
      this.#own = namesOf(address);
    }
    return this.#own;
  }
}

function namesOf(address: BoundAddress) {
  const own = address.address.includes(':') ? `[${address.address}]` : address.address;
  const names = [...new Set([...loopback, own])];
  const withPort = names.map((name) => `${name}:${address.port}`);
  const origins = (address.port === 80 ? names : withPort).map((name) => `http://${name}`);
  return { address, hosts: new Set([...names, ...withPort]), origins: new Set(origins) };
}

function nameIn(text: string): string[] {
  const name = text.trim().replace(/:(80|443)$/, '');
  return name === '' ? [] : [name];
}
