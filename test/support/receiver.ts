/** A receiver of webhooks: keeps what it got, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isWebhookSignature, webhookSecretOf } from '../../src/trust/webhook-signature.js';
import type { Scope } from './folder.js';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Answer = (got: Received, count: number) => Reply | Promise<Reply>;

export class Receiver {
  readonly got: Received[] = [];
  /** What each of them was answered, as far as it was. */
  readonly answered: number[] = [];
  answer: Answer = () => ({ status: 204 });
  url = '';
  #watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  static async start(t: Scope): Promise<Receiver> {
    const receiver = new Receiver();
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { url: path = '', headers } = request;
      await receiver.#take({ path, headers, body: Buffer.concat(parts).toString('utf8') }, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return receiver;
  }

  get ids(): readonly (string | undefined)[] {
    return this.got.map(({ headers }) => headers['webhook-id'] as string | undefined);
  }

  get bodies(): readonly Record<string, unknown>[] {
    return this.got.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  /** Resolves once it got so many. */
  async received(count: number): Promise<readonly Received[]> {
    if (this.got.length < count) await new Promise<void>((resolve) => this.#watchers.push({ count, resolve }));
    return this.got;
  }

  async #take(got: Received, response: ServerResponse): Promise<void> {
    this.got.push(got);
    const count = this.got.length;
    for (const { resolve } of this.#watchers.filter((each) => count >= each.count)) resolve();
    this.#watchers = this.#watchers.filter((each) => count < each.count);
    const { status = 204, headers = {}, body = '' } = await this.answer(got, count);
    this.answered[count - 1] = status;
    response.writeHead(status, headers).end(body);
  }
}

/** Whether a message is signed with the secret. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const id = String(headers['webhook-id']);
  const timestamp = Number(headers['webhook-timestamp']);
  const bytes = webhookSecretOf(secret) as Buffer;
  return isWebhookSignature(String(headers['webhook-signature']), { id, timestamp, body }, bytes);
}
