/** A way to a daemon on which a process is killed while a report is under way. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Scope } from './folder.js';

/** With the report on its way, which gets no farther; and with the answer to it, which does not either. */
export type Moment = 'report' | 'answer';

export class StruckLink {
  /** Of the daemon. */
  to: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next: { readonly moment: Moment; readonly strike: () => void } | null = null;

  private constructor(to: string) {
    this.to = to;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(t: Scope, to: string): Promise<StruckLink> {
    const link = new StruckLink(to);
    await once(link.#server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => {
      link.#server.close();
      for (const socket of link.#sockets) socket.destroy();
    });
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves at this moment of the next report. */
  at(moment: Moment): Promise<void> {
    return new Promise((strike) => {
      this.#next = { moment, strike };
    });
  }

  #serve(client: Socket): void {
    const daemon = connect(Number(new URL(this.to).port), '127.0.0.1');
    let isReport = false;
    for (const [from, to] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => {
        if (from === client && bytes.subarray(0, 4).toString() === 'POST') isReport = true;
        if (!isReport || !this.#strikes(from === client ? 'report' : 'answer')) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroySoon();
      });
    }
  }

  #strikes(moment: Moment): boolean {
    const next = this.#next;
    if (next?.moment !== moment) return false;
    this.#next = null;
    next.strike();
    return true;
  }
}
