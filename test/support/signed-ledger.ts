/** A ledger whose checkpoints are signed, behind a server in this process. */
import type { LightMyRequestResponse } from 'fastify';
import { buildServer } from '../../src/api/server.js';
import type { WitnessPolicy } from '../../src/trust/checkpoint.js';
import { CheckpointKeys } from '../../src/trust/checkpoint-keys.js';
import { type CheckpointSink, Checkpoints } from '../../src/trust/checkpoints.js';
import { usage } from './command.js';
import { minutes } from './fold.js';
import { type Scope, temporaryFolder } from './folder.js';
import { type LedgerOptions, pool, type TestLedger, temporaryLedger } from './ledger.js';

export interface SignedLedger {
  readonly test: TestLedger;
  readonly keys: string;
  readonly checkpoints: Checkpoints;
  /** The newest checkpoint. */
  note(): Promise<string>;
  vkey(): Promise<string>;
  use(count: number): Promise<void>;
  get(url: string): Promise<LightMyRequestResponse>;
  /** Listens at a port of loopback, any that is free when left out; gives its URL. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
}

export interface SignedOptions extends LedgerOptions {
  readonly keys?: string;
  readonly publicNames?: string;
  readonly witnesses?: WitnessPolicy;
  readonly sinks?: readonly CheckpointSink[];
}

export async function signedLedger(t: Scope, options: SignedOptions = {}): Promise<SignedLedger> {
  const test = await temporaryLedger(t, options);
  const keys = options.keys ?? temporaryFolder(t);
  const { ledger, clock } = test;
  const own = await CheckpointKeys.open(keys);
  const checkpoints = new Checkpoints(ledger.treeStore, clock, own, options.sinks, options.witnesses);
  const app = buildServer(ledger, { log: { level: 'silent' }, checkpoints, publicNames: options.publicNames });
  t.teardown(() => app.close());
  return {
    test,
    keys,
    checkpoints,
    note: async () => String(await checkpoints.newest(pool)),
    vkey: async () => String(await checkpoints.key(pool)),
    use: async (count) => {
      clock.advance(minutes(1));
      await ledger.submit(pool, { commands: Array.from({ length: count }, () => usage('Ada', { cost_micro_usd: 1 })) });
    },
    get: (url) => app.inject({ method: 'GET', url }),
    listen: (port = 0) => app.listen({ host: '127.0.0.1', port }),
    close: async () => {
      await app.close();
      await test.close();
    },
  };
}
