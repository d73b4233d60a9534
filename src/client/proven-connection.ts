/**
 * Connections on which the server has proved that it has the key of the ledger. Nothing else is sent before: whoever listens at the
 * port while the daemon is away, or since it went, sees no API key. Each connection pays one question; requests share connections.
 */
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import type { ProofRequest } from '../trust/ledger-proof.js';
import type { DaemonAddress } from './address.js';
import {
  changedText,
  changeKnown,
  type Known,
  knownOf,
  LedgerChanged,
  type LedgerName,
  trustedKey,
  withTrusted,
} from './known-ledgers.js';

/** An address whose ledger is to prove its key. */
type Proving = DaemonAddress & { readonly ledger: LedgerName };

interface Answer {
  readonly status: number;
  readonly text: string;
}

const answerCharactersMax = 16_384;
const timeoutMsUsual = 10_000;
const agents = new Map<string, Agent>();

/** Undefined where nothing is to be proved: node's own. */
export function agentFor(to: DaemonAddress): Agent | undefined {
  const { base, ledger, key } = to;
  if (ledger === undefined) return undefined;
  const place = JSON.stringify([base.href, ledger, key !== undefined]);
  const agent = agents.get(place) ?? provingAgent({ ...to, ledger });
  agents.set(place, agent);
  return agent;
}

function provingAgent(to: Proving): Agent {
  const agent = to.base.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    proven(to, () => connect(options) as Socket, options.timeout ?? timeoutMsUsual).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, new Socket()),
    );
    return undefined;
  };
  return agent;
}

async function proven(to: Proving, connect: () => Socket, timeoutMs: number): Promise<Socket> {
  const known = await knownOf(to.ledger);
  const nonce = randomBytes(32).toString('base64');
  const request = { nonce, ...(to.key === undefined ? {} : { address: addressIn(to.base) }) };
  const socket = connect();
  try {
    await requireProof(to, known, request, await ask(socket, to, request, timeoutMs));
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function requireProof(to: Proving, known: Known, request: ProofRequest, { status, text }: Answer): Promise<void> {
  const { ledger, key } = to;
  const trusted = trustedKey(ledger, known);
  // Where nothing secret is shown and nothing is known, there is nothing to prove: a daemon may have no key.
  if (status === 404 && trusted === null && key === undefined) return;
  if (status === 429 || status >= 500) throw new Error(`${to.base.origin} answered ${status}`);
  const { TrustError } = await import('../trust/note.js');
  const { openLedgerProof } = await import('../trust/ledger-proof.js');
  try {
    if (status !== 200) throw new TrustError('signature', `it does not prove its key: ${refusalIn(status, text)}`);
    const proved = openLedgerProof(text, request, trusted);
    if (proved !== known.key && proved !== ledger.key)
      await changeKnown(ledger, (before) => withTrusted(ledger, before, proved));
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new LedgerChanged(
      trusted === null
        ? `what listens at ${to.base.origin} is no ledger that could be trusted: ${error.message}. Nothing is sent to it`
        : changedText(ledger, error.check, error.message),
    );
  }
}

/** As the server is to know itself: with its port in any case. */
const addressIn = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;

function refusalIn(status: number, text: string): string {
  let code: unknown;
  try {
    code = (JSON.parse(text) as { code?: unknown } | null)?.code;
  } catch {
    // Whatever it is, it is no daemon.
  }
  if (code === 'host_unknown')
    return 'it does not know this address as its own; `public_names` of the daemon is to have it, with its port';
  if (code === 'checkpoint_missing') return 'it has no key for this pool';
  return `it answered ${status}, as a daemon of an older release or another program would`;
}

/** One question on a connection, which is left open. */
function ask(
  socket: Socket,
  { base, ledger: { pool } }: Proving,
  request: ProofRequest,
  timeoutMs: number,
): Promise<Answer> {
  const query = new URLSearchParams({ ...request, ...(pool === undefined ? {} : { pool }) } as Record<string, string>);
  const { pathname, search } = new URL(`v1/checkpoint/key/proof?${query}`, base);
  const headers = { host: base.host, connection: 'keep-alive', accept: '*/*' };
  return new Promise((resolve, reject) => {
    let text = '';
    let status = 0;
    let isWhole = false;
    const fail = (what: string) => {
      reject(new Error(`${base.origin} ${what}`));
      socket.destroy();
    };
    // Also between two requests, when nobody else listens.
    socket.on('error', reject);
    const outgoing = httpRequest({ createConnection: () => socket, path: pathname + search, headers });
    const timer = setTimeout(() => fail(`did not answer within ${timeoutMs / 1_000} s`), timeoutMs);
    outgoing.on('response', (answer) => {
      status = answer.statusCode ?? 0;
      answer.setEncoding('utf8');
      answer.on('error', reject);
      answer.on('end', () => {
        isWhole = true;
      });
      answer.on('data', (part: string) => {
        text += part;
        if (text.length > answerCharactersMax) fail('sent an answer without end');
      });
    });
    outgoing.on('error', reject);
    outgoing.on('close', () => {
      clearTimeout(timer);
      if (isWhole && (!socket.destroyed || status !== 200)) resolve({ status, text });
      else reject(new Error(`${base.origin} closed the connection`));
    });
    outgoing.end();
  });
}
