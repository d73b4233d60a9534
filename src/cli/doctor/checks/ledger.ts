/** The ledger: whether it can be read, is whole, and is of this release. */
import type { Engine, PoolRecord } from '../../../engines/engine.js';
import { lossText } from '../../../engines/engine.js';
import { chainFault, genesis, type Link } from '../../../events/chain.js';
import { rowId } from '../../../projections/change.js';
import { countText } from '../../../text/number.js';
import { type Check, fault, ok, skipped, warning } from '../check.js';

const none = skipped('There is no ledger yet.');

export const ledgerOpens: Check = {
  id: 'ledger',
  async run({ engine, engineFault }) {
    if (engineFault !== null)
      return fault(engineFault, 'See docs/operating/data-directory.md, or docs/operating/postgres.md.');
    if (engine === null) return skipped('There is no ledger yet: the first start makes it.');
    const losses = await engine.losses();
    if (losses.length > 0)
      return fault(
        `The ledger is not whole: ${lossText(losses)}.`,
        'Put back what was removed, or restore a backup; `serve --accept-loss` goes on without it.',
      );
    const pools = await engine.pools();
    const events = pools.reduce((sum, { head }) => sum + head.seq, 0);
    return ok(`${countText(events)} events in ${countText(pools.length)} pools.`);
  },
};

export const storage: Check = {
  id: 'storage',
  async run({ engine }) {
    if (engine === null) return none;
    const { by, faults } = await engine.checkStorage();
    if (by === null) return skipped('The server has no extension amcheck in this database.');
    if (faults.length === 0) return ok(`Pages and indexes are as they are to be (${by}).`);
    return fault(
      `${by} finds: ${faults.slice(0, 3).join('; ')}.`,
      'Stop the daemon, copy the directory as it is, and restore a backup; `resource-share export` reads what can be read.',
    );
  },
};

const linksMax = 1_000;

export const chain: Check = {
  id: 'chain',
  async run({ engine }) {
    if (engine === null) return none;
    for (const record of await engine.pools()) {
      const broken = await newestBreak(engine, record);
      if (broken !== null) return fault(broken, '`resource-share verify` walks the whole chain, and says more.');
    }
    return ok(`The newest ${countText(linksMax)} events of each pool are linked by their hashes.`);
  },
};

async function newestBreak(engine: Engine, { pool, head }: PoolRecord): Promise<string | null> {
  const after = Math.max(0, head.seq - linksMax);
  let previous: Link = after === 0 ? genesis : ((await engine.eventAt(pool, after)) ?? genesis);
  for (let seq = after; seq < head.seq; ) {
    const events = await engine.readEvents(pool, { after: seq, upTo: head.seq, limit: 500 });
    if (events.length === 0) return `${pool}: event ${seq + 1} is missing.`;
    for (const event of events) {
      if (chainFault(previous, event) !== null) return `${pool}: event ${event.seq} is not what its hash says.`;
      previous = event;
      seq = event.seq;
    }
  }
  return previous.hash === head.hash || head.seq === 0 ? null : `${pool}: the head is not the newest event.`;
}

export const tables: Check = {
  id: 'tables',
  async run({ engine }) {
    if (engine === null) return none;
    const outdated = await engine.outdatedProjections();
    if (outdated.length === 0) return ok('The tables are those of this release.');
    return warning(
      `Tables are missing, or were built by other rules: ${outdated.join(', ')}.`,
      'A daemon builds them again by itself; without one: `resource-share replay`.',
    );
  },
};

/** So many uses are looked for. */
const usesMax = 100;
const rowsSql = 'SELECT event_id FROM resource_share_increments WHERE pool = ? AND id >= ? AND id <= ?';

/** Rows are written with their events: those of the newest uses are there, or somebody has removed them. */
export const projections: Check = {
  id: 'projections',
  async run({ engine }) {
    if (engine === null) return none;
    if ((await engine.outdatedProjections()).length > 0) return skipped('The tables are to be built again first.');
    for (const { pool, number } of await engine.pools()) {
      const query = { limit: usesMax, types: ['usage.recorded'], backwards: true };
      const uses = await engine.readEvents(pool, query);
      const [last, first] = [uses[0]?.seq ?? 0, uses.at(-1)?.seq ?? 0];
      const rows = await engine.query<{ event_id: string }>(rowsSql, [pool, rowId(number, first), rowId(number, last)]);
      const found = new Set(rows.map(({ event_id }) => event_id));
      const missing = uses.filter(({ id }) => !found.has(id)).length;
      if (missing > 0)
        return fault(
          `${pool}: of the newest ${countText(uses.length)} uses ${countText(missing)} are not in the tables.`,
          'Build them again from the log, beside a daemon that runs: `resource-share replay`.',
        );
    }
    return ok('The newest uses are in the tables.');
  },
};

/** Clocks of two machines differ by so much without harm. */
const aheadMsMax = 5_000;

export const clock: Check = {
  id: 'clock',
  async run({ engine, ask, now }) {
    if (ask !== null) {
      const { status, body } = await ask('v1/clock');
      if (status === 200 && body.detail !== null)
        return fault(`${body.detail}.`, 'Set the clock of the machine right; `resource-share clock accept` if it is.');
    }
    if (engine === null) return none;
    const newest = Math.max(0, ...(await engine.pools()).map(({ head }) => head.recorded_at));
    if (newest <= now + aheadMsMax) return ok('The clock of this machine is not behind the log.');
    return fault(
      `The newest event was recorded ${Math.round((newest - now) / 1_000)} s after the time of this machine.`,
      'Set the clock of the machine right (docs/operating/clock.md).',
    );
  },
};
