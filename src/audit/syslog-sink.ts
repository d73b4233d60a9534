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
  /** Of several machines on one ledger each has sockets of its own. */
  readonly host: string;
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

export function syslogSink({ url, ca, facility = logAudit, clock, host }: SyslogTarget): AuditSink {
  const transport = transportOf(url, ca, clock);
  let sequence = 0;
  return {
    name: host !== '' && url.startsWith('unix:') ? `${url} of ${host}` : url,
    async send(records: readonly AuditRecord[], signal) {
      const messages = records.map((record, i) =>
        syslogText(record, { facility, sequence: sequence + i + 1, bytesMax: transport.bytesMax }),
      );
      await transport.send(messages, signal);
      // What is sent again has the same numbers: only what is lost leaves a gap.
      sequence += records.length;
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
      // Whatever else comes of a connection that is given up.
      socket.on('error', () => undefined);
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
      await connected(socket, this.#port, address);
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

/** Node gives the callback the fault, whatever its types say. */
function connected(socket: UdpSocket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => (error instanceof Error ? reject(error) : resolve());
    socket.connect(port, address, done);
  });
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
  readonly #clock: Clock;
  readonly #stream: StreamTransport;
  #isDatagram = false;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
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
    await sendDatagrams(this.#path, messages, this.#clock, signal);
  }

  close(): void {
    this.#stream.close();
  }
}

/** What the package calls a receiver that has no room: it is none of the faults of the system. */
const hasNoRoom = 1;
const roomMs = 5;

/** Node has no datagrams of Unix sockets; the package is built with the others where it can be. */
async function sendDatagrams(
  path: string,
  messages: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const module = await import('unix-dgram').catch(() => null);
  if (module === null)
    throw new Error(`${path} takes datagrams, which needs the package unix-dgram: \`npm install unix-dgram\``);
  const socket = module.default.createSocket('unix_dgram');
  const send = (bytes: Buffer) =>
    new Promise<number | string | undefined>((resolve) => {
      socket.send(bytes, 0, bytes.length, path, (error) => resolve(error?.code));
    });
  try {
    for (const message of messages) {
      const bytes = Buffer.from(message);
      let fault = await send(bytes);
      while (fault === hasNoRoom) {
        await clock.sleep(roomMs, signal);
        signal.throwIfAborted();
        fault = await send(bytes);
      }
      if (fault !== undefined) throw new Error(`${path} cannot be sent to: fault ${fault}`);
    }
  } finally {
    socket.close();
  }
}
