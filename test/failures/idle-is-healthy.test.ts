/** A worker with nothing to do was called degraded after ten minutes. Here it is healthy, and writes nothing at all meanwhile. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import { BackgroundWork } from '../../src/daemon/background-work.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { variants } from '../support/engines.js';
import { noon } from '../support/fold.js';
import { temporaryLedger } from '../support/ledger.js';

const hourMs = 3_600_000;

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    const clock = new ManualClock(noon);
    const { ledger, place } = await temporaryLedger(t, { engine, clock });
    const said: unknown[] = [];
    const note = (...what: unknown[]) => void said.push(what);
    const background = new BackgroundWork(ledger);
    background.start({ debug() {}, info: note, warn: note, error: note } as never);
    t.teardown(() => background.stop());
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        clock.advance(5_000);
        await nextTurn();
      }
    };
    await pass(600_000);
    const commits = engine.name === 'sqlite' ? commitsOf(place) : () => 0;
    const before = commits();
    await pass(hourMs);
    t.equal(commits(), before, 'nothing is written while there is nothing to do');
    t.strictSame(said, []);
    const app = buildServer(ledger, { log: { level: 'silent' } });
    t.teardown(() => app.close());
    t.equal((await app.inject('/health')).statusCode, 200);
    t.equal((await app.inject('/ready')).statusCode, 200);
  });

  /** A number that changes with each commit of another connection. */
  function commitsOf(place: string): () => number {
    const db = new Database(join(place, 'resource_tracking.db'), { readonly: true });
    t.teardown(() => db.close());
    return () => db.pragma('data_version', { simple: true }) as number;
  }
}
