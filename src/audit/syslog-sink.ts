/**
 * The audit trail to a syslog server. No transport of syslog says what arrived: by TCP and TLS a batch is taken for sent once it was handed
 * to the system and the connection lasted a while behind it; by UDP, where no machine said that nobody listens; by a socket of datagrams,
 * once each was handed over.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';
import type { AuditRecord } from './record.js';
import type { AuditSink } from './sink.js';
import { syslogText } from './syslog-text.js';

export interface SyslogTarget {
  readonly url: string;
  readonly ca?: string | undefined;
  readonly facility?: number | undefined;
  readonly clock: Clock;
}

/** A way to a syslog server. */
interface Transport {
  readonly bytesMax: number;
  /** Throws where not all of them may have arrived. */
  send(messages: readonly string[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Of RFC 5424: log audit. */
const logAudit = 13;

export function syslogSink({ url, ca, facility = logAudit, clock }: SyslogTarget): AuditSink {
  const transport = transportOf(url, ca, clock);
  let sequence = 0;
  return {
    name: url,
    async send(records: readonly AuditRecord[], signal) {
      const messages = records.map((record) => {
        sequence += 1;
        return syslogText(record, { facility, sequence, bytesMax: transport.bytesMax });
      });
      await transport.send(messages, signal);
      return null;
    },
    close: () => transport.close(),
  };
}

function transportOf(text: string, ca: string | undefined, clock: Clock): Transport {
  const path = /^unix:(?:\/\/)?(\/.*)$/.exec(text)?.[1];
  if (path !== undefined) return new LocalTransport(path, clock);
  const { protocol, hostname, port } = new URL(text);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'udp:') return new UdpTransport(host, Number(port || 514), clock);
  if (protocol === 'tcp:')
    return new StreamTransport(async () => connect({ host, port: Number(port || 601) }), 'connect', counted, clock);
  const open = async () =>
    connectTls({
      host,
      port: Number(port || 6_514),
      servername: host,
      ...(ca === undefined ? {} : { ca: await readFile(ca) }),
    });
  return new StreamTransport(open, 'secureConnect', counted, clock);
}

/** RFC 6587, octet counting. */
const counted = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
const asLine = (message: string): string => `${message}\n`;

class StreamTransport implements Transport {
  readonly bytesMax = limits.auditBytesMax;
  readonly #open: () => Promise<Socket>;
  readonly #readyEvent: 'connect' | 'secureConnect';
  readonly #framed: (message: string) => string;
  readonly #clock: Clock;
  #socket: Socket | null = null;

  constructor(
    open: () => Promise<Socket>,
    readyEvent: 'connect' | 'secureConnect',
    framed: (message: string) => string,
    clock: Clock,
  ) {
    this.#open = open;
    this.#readyEvent = readyEvent;
    this.#framed = framed;
    this.#clock = clock;
  }

  async send(messages: readonly string[], signal: AbortSignal): Promise<void> {
    const isNew = this.#socket === null;
    const socket = this.#socket ?? (await this.#open());
    const done = new AbortController();
    try {
      await Promise.race([broken(socket, signal, done.signal), this.#write(socket, isNew, messages, done.signal)]);
      this.#socket = socket;
      if (isNew) this.#watch(socket);
    } catch (error) {
      this.#socket = null;
      socket.destroy();
      throw error;
    } finally {
      done.abort();
    }
  }

  close(): void {
    this.#socket?.end();
    this.#socket = null;
  }

  async #write(socket: Socket, isNew: boolean, messages: readonly string[], ended: AbortSignal): Promise<void> {
    if (isNew) await new Promise<void>((resolve) => socket.once(this.#readyEvent, resolve));
    const text = messages.map(this.#framed).join('');
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
    await this.#clock.sleep(limits.auditSettleMs, ended);
  }

  /** A server that ended an idle connection is connected to again. A connection that idles keeps no process alive. */
  #watch(socket: Socket): void {
    socket.unref();
    const drop = () => {
      if (this.#socket === socket) this.#socket = null;
      socket.destroy();
    };
    socket.on('error', drop).on('end', drop).on('close', drop);
    // A server has nothing to say; what it says all the same must not fill the memory.
    socket.resume();
  }
}

/** Rejects when the connection ends, for whatever reason. */
function broken(socket: Socket, signal: AbortSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const ended = () => reject(new Error('the server ended the connection'));
    const given = () => reject(signal.reason as Error);
    socket.on('error', reject).once('end', ended).once('close', ended);
    signal.addEventListener('abort', given);
    if (signal.aborted) given();
    done.addEventListener('abort', () => {
      socket.off('error', reject).off('end', ended).off('close', ended);
      signal.removeEventListener('abort', given);
      // Whatever comes of a connection that is given up.
      socket.on('error', () => undefined);
    });
  });
}

class UdpTransport implements Transport {
  readonly bytesMax = limits.auditUdpBytesMax;
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;

  constructor(host: string, port: number, clock: Clock) {
    this.#host = host;
    this.#port = port;
    this.#clock = clock;
  }

  async send(messages: readonly string[]): Promise<void> {
    const { address, family } = await lookup(this.#host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const done = new AbortController();
    const failed = new Promise<never>((_, reject) => socket.on('error', reject));
    const sending = async () => {
      // Connected, so that a machine which says that nobody listens there is heard.
      await new Promise<void>((resolve) => socket.connect(this.#port, address, resolve));
      for (const message of messages) await sent(socket, message);
      await this.#clock.sleep(limits.auditSettleMs, done.signal);
    };
    try {
      await Promise.race([failed, sending()]);
    } finally {
      done.abort();
      socket.close();
    }
  }

  close(): void {}
}

function sent(socket: UdpSocket, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** A Unix socket, as `/dev/log`: of datagrams in most places, of a stream in others. */
class LocalTransport implements Transport {
  readonly bytesMax = limits.auditBytesMax;
  readonly #path: string;
  readonly #stream: StreamTransport;
  #isDatagram = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#stream = new StreamTransport(async () => connect({ path }), 'connect', asLine, clock);
  }

  async send(messages: readonly string[], signal: AbortSignal): Promise<void> {
    if (!this.#isDatagram) {
      try {
        return await this.#stream.send(messages, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPROTOTYPE') throw error;
        this.#isDatagram = true;
      }
    }
    await sendDatagrams(this.#path, messages);
  }

  close(): void {
    this.#stream.close();
  }
}

/** Node has no datagrams of Unix sockets; the package is built with the others where it can be. */
async function sendDatagrams(path: string, messages: readonly string[]): Promise<void> {
  const module = await import('unix-dgram').catch(() => null);
  if (module === null)
    throw new Error(`${path} takes datagrams, which needs the package unix-dgram: \`npm install unix-dgram\``);
  const socket = module.default.createSocket('unix_dgram');
  try {
    for (const message of messages)
      await new Promise<void>((resolve, reject) => {
        const bytes = Buffer.from(message);
        socket.send(bytes, 0, bytes.length, path, (error) =>
          error === undefined ? resolve() : reject(datagramFault(error, path)),
        );
      });
  } finally {
    socket.close();
  }
}

/** The package gives the number of the fault, and 1 where the receiver has no room. */
function datagramFault({ code }: { readonly code?: number | string }, path: string): Error {
  return new Error(code === 1 ? `${path} takes no more now` : `${path} cannot be sent to: fault ${code}`);
}
