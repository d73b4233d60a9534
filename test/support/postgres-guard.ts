/**
 * Stands between the product and a PostgreSQL server, and speaks enough of the protocol to see every statement: those
 * outside the portable dialect are collected, and some transactions are disturbed the way a busy or failing cluster would.
 * Where a transaction is disturbed, and how, depends on a seed; which statement that meets also on the order of requests.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { violationsOf } from './dialect.js';
import { randomSource } from './random.js';

export const faults = [
  /** A statement is refused: the transaction cannot be serialised with another. */
  'conflict',
  /** The commit is, and nothing is left of the transaction. */
  'commit conflict',
  /** The connection breaks at a statement. */
  'break',
  /** It breaks before the commit reaches the server. */
  'commit lost',
  /** The server has committed, but the answer does not arrive. */
  'answer lost',
] as const;
export type Fault = (typeof faults)[number];

export interface GuardOptions {
  /** Share of the transactions that are disturbed. */
  readonly rate?: number;
  readonly seed?: number;
  readonly faults?: readonly Fault[];
  /** Only transactions in which such a statement comes up, from there on; without it, all from their beginning. */
  readonly disturbing?: RegExp;
}

/** A fault within a transaction meets one of its first statements; transactions that are shorter are met at their commit. */
const statementsMax = 4;

export class PostgresGuard {
  readonly #target: URL;
  readonly #server: Server;
  readonly #plan: () => Plan | null;
  readonly #disturbing: RegExp;
  readonly #sockets = new Set<Socket>();
  readonly #statements = new Set<string>();
  /** How often each kind of fault happened. */
  readonly injected: Record<Fault, number> = Object.fromEntries(faults.map((fault) => [fault, 0])) as never;

  private constructor(target: string, options: GuardOptions) {
    const { rate = 0, seed = 1, faults: kinds = faults } = options;
    this.#target = new URL(target);
    this.#disturbing = options.disturbing ?? /(?:)/;
    const random = randomSource(seed);
    const pick = (bound: number) => Math.floor(random() * bound);
    let planned = 0;
    this.#plan = () => {
      if (random() >= rate) return null;
      // In turn, so that there is each of them soon.
      return { fault: kinds[planned++ % kinds.length] as Fault, statements: 1 + pick(statementsMax) };
    };
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** In front of the server that a URL names. */
  static async start(target: string, options: GuardOptions = {}): Promise<PostgresGuard> {
    const guard = new PostgresGuard(target, options);
    guard.#server.listen(0, '127.0.0.1');
    await once(guard.#server, 'listening');
    // A test that is done ends, whether its guard listens or not.
    guard.#server.unref();
    return guard;
  }

  /** The URL of a database of the server, by way of this guard. */
  through(url: string): string {
    const guarded = new URL(url);
    guarded.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return guarded.href;
  }

  /** Every statement there was, once. */
  get statements(): readonly string[] {
    return [...this.#statements];
  }

  /** Statements outside the portable dialect, each with what it uses. */
  get violations(): readonly string[] {
    return this.statements.flatMap((sql) => violationsOf(sql).map((name) => `${name}: ${sql}`));
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(client: Socket): void {
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port || 5432), noDelay: true });
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroySoon());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
    }
    const session = new Session(client, server, cut, {
      plan: this.#plan,
      disturbing: this.#disturbing,
      saw: (sql) => this.#statements.add(sql),
      injected: (fault) => {
        this.injected[fault] += 1;
      },
    });
    const requests = new Messages(true, (message) => session.request(message));
    const replies = new Messages(false, (message) => session.reply(message));
    client.on('data', (chunk) => requests.push(chunk));
    server.on('data', (chunk) => replies.push(chunk));
  }
}

/** What is to happen to a transaction: at which of its statements, or at its commit. */
interface Plan {
  readonly fault: Fault;
  statements: number;
}

interface Watch {
  readonly plan: () => Plan | null;
  readonly disturbing: RegExp;
  readonly saw: (sql: string) => void;
  readonly injected: (fault: Fault) => void;
}

/** What a reply of the server is waited for with: to refuse a commit that was undone instead, or to break off after it. */
type Awaited = 'refuse' | 'break' | null;

/**
 * One connection. The statements of a transaction may come before the answers to those before them; its commit comes after them all,
 * as does what follows it.
 */
class Session {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #cut: () => void;
  readonly #watch: Watch;
  readonly #prepared = new Map<string, string>();
  #plan: Plan | null = null;
  #inTransaction = false;
  /** Whether it has been decided what is to happen to the transaction. */
  #planned = false;
  /** The rest of an extended query whose statement was replaced is dropped. */
  #dropping = false;
  #awaited: Awaited = null;

  constructor(client: Socket, server: Socket, cut: () => void, watch: Watch) {
    this.#client = client;
    this.#server = server;
    this.#cut = cut;
    this.#watch = watch;
  }

  request(message: Message): void {
    if (message.type === '' && message.bytes.readInt32BE(4) === encryptionAsked) {
      this.#client.write('N');
      return;
    }
    if (this.#dropping) {
      if (message.type === 'S') this.#dropping = false;
      return;
    }
    this.#record(message);
    const sql = this.#executed(message);
    if (sql !== null && this.#isDisturbed(message.type === 'Q', sql)) return;
    this.#server.write(message.bytes);
  }

  /** An extended query is parsed once, and then bound and executed any number of times. */
  #record({ type, bytes }: Message): void {
    if (type === 'Q') this.#watch.saw(textAt(bytes, 5).text);
    if (type !== 'P') return;
    const name = textAt(bytes, 5);
    const { text } = textAt(bytes, name.end);
    this.#prepared.set(name.text, text);
    this.#watch.saw(text);
  }

  /** The statement that a message has executed. */
  #executed({ type, bytes }: Message): string | null {
    if (type === 'Q') return textAt(bytes, 5).text;
    if (type !== 'B') return null;
    // The name of the statement follows that of the portal.
    return this.#prepared.get(textAt(bytes, textAt(bytes, 5).end).text) ?? '';
  }

  #isDisturbed(simple: boolean, sql: string): boolean {
    if (simple && /^\s*(begin|start\s+transaction)\b/i.test(sql)) {
      this.#inTransaction = true;
      this.#planned = false;
      this.#plan = null;
      return false;
    }
    if (!this.#inTransaction || /^\s*(rollback|abort)\b/i.test(sql)) return false;
    if (!this.#planned && this.#watch.disturbing.test(sql)) {
      this.#planned = true;
      this.#plan = this.#watch.plan();
    }
    return /^\s*(commit|end)\b/i.test(sql) ? this.#disturbCommit() : this.#disturbStatement(simple);
  }

  reply(message: Message): void {
    const { type, bytes } = message;
    // Ready for the next query; the state says whether a transaction is open.
    const ready = type === 'Z';
    if (ready && bytes.toString('latin1', 5, 6) === 'I') this.#inTransaction = false;
    if (this.#awaited === 'break') {
      if (ready) this.#cut();
      return;
    }
    if (this.#awaited === 'refuse') {
      if (!ready) return;
      this.#awaited = null;
      this.#client.write(serializationFailure);
    }
    this.#client.write(bytes);
  }

  #disturbStatement(simple: boolean): boolean {
    const plan = this.#plan;
    if (plan === null || (plan.fault !== 'conflict' && plan.fault !== 'break')) return false;
    plan.statements -= 1;
    if (plan.statements > 0) return false;
    this.#happened(plan.fault);
    if (plan.fault === 'break') this.#cut();
    else {
      this.#dropping = !simple;
      this.#server.write(query(failing));
    }
    return true;
  }

  #disturbCommit(): boolean {
    const fault = this.#plan?.fault;
    if (fault === undefined) return false;
    this.#happened(fault);
    if (fault === 'commit lost' || fault === 'break') this.#cut();
    else if (fault === 'answer lost') {
      this.#awaited = 'break';
      this.#server.write(query('COMMIT'));
    } else {
      this.#awaited = 'refuse';
      this.#server.write(query('ROLLBACK'));
    }
    return true;
  }

  #happened(fault: Fault): void {
    this.#plan = null;
    this.#watch.injected(fault);
  }
}

/** Asked for in place of a start; `N` says that there is none. */
const encryptionAsked = 80_877_103;

interface Message {
  /** Empty for the first message of a connection, which has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } {
  const end = bytes.indexOf(0, start);
  return { text: bytes.toString('utf8', start, end), end: end + 1 };
}

function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const query = (sql: string): Buffer => frame('Q', Buffer.from(`${sql}\0`));

/** What the server itself refuses, so that the transaction is in the state a refusal leaves. */
const failing = `DO $$ BEGIN RAISE EXCEPTION 'could not serialize access (injected)' USING ERRCODE = '40001'; END $$`;

const serializationFailure = frame(
  'E',
  Buffer.from('SERROR\0VERROR\0C40001\0Mcould not serialize access (injected at the commit)\0\0'),
);

/** Cuts a stream into messages. */
class Messages {
  readonly #take: (message: Message) => void;
  #started: boolean;
  #rest: Buffer = Buffer.alloc(0);

  /** A client starts with a message, or several, that have no type. */
  constructor(fromClient: boolean, take: (message: Message) => void) {
    this.#started = !fromClient;
    this.#take = take;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const start = this.#started ? 1 : 0;
      if (this.#rest.length < start + 4) return;
      const length = start + this.#rest.readInt32BE(start);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = this.#started ? String.fromCharCode(bytes[0] as number) : '';
      if (type === '' && bytes.readInt32BE(4) !== encryptionAsked) this.#started = true;
      this.#take({ type, bytes });
    }
  }
}
