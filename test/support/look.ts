/** What `verify` says of a database: everything that is wrong, as text; empty when it is whole. */
import type { Engine } from '../../src/engines/engine.js';
import { verifyBesideLog } from '../../src/verify/beside-log.js';
import { walkChain } from '../../src/verify/chain-walk.js';
import type { Finding } from '../../src/verify/finding.js';

export interface Looked {
  readonly faults: readonly string[];
  readonly findings: readonly Finding[];
}

export async function lookAt(engine: Engine): Promise<Looked> {
  const pools = await engine.pools();
  const faults: string[] = [];
  for (const { pool, head } of pools) {
    const broken = await lastOf(walkChain(engine, pool, head));
    if (broken !== null) faults.push(`${pool}: event ${broken.seq}: ${broken.what}`);
  }
  const findings = await lastOf(verifyBesideLog(engine, pools));
  return { faults: [...faults, ...findings.flatMap((finding) => finding.faults)], findings };
}

async function lastOf<R>(steps: AsyncGenerator<unknown, R>): Promise<R> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}
