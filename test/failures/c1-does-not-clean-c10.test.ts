/** Case: what a dead holder left was looked for by a part of its name, so that the record of a neighbour that lived went with it. */
import t from 'tap';
import { cleanUpNow } from '../../src/jobs/cleanup.js';
import { inside } from '../support/command.js';
import { variants } from '../support/engines.js';
import { minutes } from '../support/fold.js';
import { pool, temporaryLedger } from '../support/ledger.js';

const names = ['c1', 'c10', 'c', 'C1 1', '%', 'c_'];
const log = { debug() {}, info() {}, warn() {}, error() {} };

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    const { ledger, clock } = await temporaryLedger(t, { engine });
    for (const name of names) {
      const command = inside('turn.granted', { name, ttl_s: name === 'c1' ? 60 : 86_400 } as never);
      t.equal((await ledger.submitOne(pool, command)).status, 'recorded', name);
    }
    clock.advance(minutes(20));
    const asked = { olderThanMs: minutes(10), only: ['turns'] as const };
    t.same(await cleanUpNow({ ledger, log }, asked, new AbortController().signal), {
      removed: { turns: 1 },
      failed: {},
    });
    const open = [...ledger.state(pool).turns.values()].map((turn) => turn.name);
    t.same(open.sort(), names.filter((name) => name !== 'c1').sort());
  });
}
