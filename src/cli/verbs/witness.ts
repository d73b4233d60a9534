/** `witness`: signs checkpoints of the logs it is told of, on a second machine. What it is asked is the protocol of C2SP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CheckpointKeys } from '../../trust/checkpoint-keys.js';
import { keyText, parseKey, TrustError } from '../../trust/note.js';
import { Witness } from '../../trust/witness.js';
import { failure, usageError } from '../exit.js';
import { addExamples, settingFlags } from '../options.js';
import { printLine, remark } from '../output.js';

interface Options {
  readonly key: readonly string[];
  readonly port: string;
  readonly host: string;
  readonly name: string;
}

const bodyBytesMax = 65_536;

export function define(command: Command): void {
  command
    .description(
      'Witness logs from a second machine: keep the newest checkpoint of each, and sign one that continues it, and no other. --data is a folder for its own key and what it has seen. Prints its own key, which `checkpoints.to` of the daemon takes, and `verify-proof --witness`.',
    )
    .requiredOption('--key <vkey...>', 'keys of the logs, as name+id+base64')
    .option('--port <n>', 'port to listen at; 0 for any that is free', '8770')
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--name <name>', 'what its key is called', `resource-share-witness/${hostname()}`);
  command.action((options: Options) => {
    const data = settingFlags(command).get('data');
    if (data === undefined)
      throw usageError('--data says where its own key is, and the newest checkpoints: none of a ledger.');
    return serve(data, options);
  });
  addExamples(
    command,
    'witness --data /var/lib/witness --key "$(cat ledger.vkey)"',
    'witness --data /var/lib/witness --host 10.0.0.7 --port 8770 --key "$(cat a.vkey)" "$(cat b.vkey)"',
  );
}

async function serve(data: string, { key, port, host, name }: Options): Promise<void> {
  const witness = await open(data, name, key);
  const server = createServer((request, response) => {
    answer(witness, request, response).catch((error: Error) => {
      remark(`a checkpoint could not be kept: ${error.message}`);
      response.writeHead(500).end();
    });
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(failure(`it cannot listen at ${host}:${port}: ${error.message}`)));
    server.listen(Number(port), host, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  printLine(`Witnessing at http://${address.includes(':') ? `[${address}]` : address}:${bound}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close());
}

async function open(data: string, name: string, keys: readonly string[]): Promise<Witness> {
  try {
    const logs = keys.map(parseKey);
    const own = await CheckpointKeys.open(data).catch((error: Error) => {
      throw failure(`${data} cannot be used: ${error.message}`);
    });
    const signer = own.witness(name);
    printLine(keyText(signer.verifier));
    return new Witness(join(data, 'logs'), signer, logs, () => Math.floor(Date.now() / 1_000));
  } catch (error) {
    if (error instanceof TrustError) throw usageError(error.message);
    throw error;
  }
}

async function answer(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/add-checkpoint') return void response.writeHead(404).end();
  let body = '';
  for await (const part of request.setEncoding('utf8')) {
    body += part;
    if (body.length > bodyBytesMax) return void response.writeHead(413, { connection: 'close' }).end();
  }
  const { status, type, text } = await witness.add(body);
  response.writeHead(status, { 'content-type': type }).end(text);
}
