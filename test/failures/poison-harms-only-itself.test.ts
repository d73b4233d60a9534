// Goal: an item at which a rule of this program, or of the database, fails is refused alone, with a code; everything that
// came with it, in whichever form, is recorded in order.
import t, { type Test } from 'tap';
import type { Command } from '../../src/events/command.js';
import { ownRules, type Rules } from '../../src/ledger/rules.js';
import { resourceShareIncrements } from '../../src/projections/resource-share-increments.js';
import { listeningServer, ndjson, parseLines } from '../api/support.js';
import { run } from '../cli/run.js';
import { type Variant, variants } from '../support/engines.js';
import { logFault, pool } from '../support/ledger.js';
import { serverUrl } from '../support/postgres.js';
import { queryOnce } from '../support/postgres-server.js';

const secret = 'what the agent said';

const decideFails: Rules = {
  ...ownRules,
  decide: (state, command, context) => {
    if (isPoison(command.payload)) throw new RangeError(secret);
    return ownRules.decide(state, command, context);
  },
};

const projectionFails: Rules = {
  ...ownRules,
  projections: ownRules.projections.map((projection) => {
    if (projection !== resourceShareIncrements) return projection;
    return {
      ...projection,
      fold: (place) => {
        const own = projection.fold(place);
        return {
          take: () => own.take(),
          add: (event, state, withAllocations) => {
            if (isPoison(event.payload)) throw new RangeError(secret);
            own.add(event, state, withAllocations);
          },
        };
      },
    };
  }),
};

const isPoison = (payload: object): boolean => (payload as { project?: string }).project === 'poison';

/** A rule of the database that no batch with the item passes. */
const databaseFails: Record<Variant['name'], string> = {
  sqlite: `CREATE TRIGGER poison BEFORE INSERT ON resource_share_increments WHEN NEW.project = 'poison'
    BEGIN SELECT RAISE(ABORT, 'it is poison'); END`,
  postgres: `ALTER TABLE resource_share_increments ADD CONSTRAINT poison CHECK (project <> 'poison')`,
};

let made = 0;

function use(more: object = {}): Pick<Command, 'key'> & { readonly key: string } {
  made += 1;
  const payload = { name: `Agent ${made % 5}`, mode: 'autonomy', cost_micro_usd: made, ...more };
  return { type: 'usage.recorded', key: `use-${made}`, payload } as never;
}
const poison = () => use({ project: 'poison' });

interface Outcome {
  readonly status: string;
  readonly code?: string;
  readonly seq?: number;
}

const short = ({ status, code }: Outcome): string => (status === 'rejected' ? String(code) : status);

async function serverWith(t: Test, engine: Variant, rules: Rules | undefined) {
  let logged = '';
  const destination = {
    write(line: string) {
      logged += line;
    },
  };
  const log = { level: 'error', destination } as const;
  const server = await listeningServer(t, { engine, log, ...(rules && { rules }) });
  if (rules === undefined) await engine.meddle(server.test.place, databaseFails[engine.name]);
  const post = async (body: string, type = 'application/json', query = '') => {
    const headers = { 'content-type': type };
    const response = await fetch(`${server.url}/v1/events${query}`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  return {
    test: server.test,
    lines: () => parseLines(logged),
    logged: () => logged,
    one: async (item: object) => {
      const { status, text } = await post(JSON.stringify(item));
      return { http: status, ...(JSON.parse(text) as Outcome) };
    },
    array: async (items: readonly object[]) => JSON.parse((await post(JSON.stringify(items))).text) as Outcome[],
    atomic: async (items: readonly object[]) => {
      const { status, text } = await post(JSON.stringify(items), 'application/json', '?atomic=true');
      return { http: status, ...(JSON.parse(text) as Outcome & { outcomes?: Outcome[] }) };
    },
    stream: async (items: readonly object[]) =>
      parseLines<Outcome>((await post(ndjson(items), 'application/x-ndjson')).text),
  };
}

for (const engine of variants) {
  for (const [where, rules] of [
    ['decide', decideFails],
    ['a projection', projectionFails],
    ['the database', undefined],
  ] as const) {
    t.test(`only the item fails, at ${where}, on ${engine.name}`, async (t) => {
      const server = await serverWith(t, engine, rules);
      const strangers = Array.from({ length: 36 }, (_, i) => (i === 17 ? poison() : use()));
      const answers = await Promise.all(strangers.map((item) => server.one(item)));
      t.strictSame(
        answers.map(({ http }) => http),
        strangers.map((_, i) => (i === 17 ? 500 : 201)),
        'of many senders, one is refused',
      );
      t.match(answers[17], { code: 'item_failed', status: 500, retry: 'same-key' });

      const array = [use(), poison(), use(), use(), poison()];
      t.strictSame((await server.array(array)).map(short), [
        'recorded',
        'item_failed',
        'recorded',
        'recorded',
        'item_failed',
      ]);
      t.strictSame((await server.array(array)).map(short), [
        'repeated',
        'item_failed',
        'repeated',
        'repeated',
        'item_failed',
      ]);

      const lines = Array.from({ length: 600 }, (_, i) => (i === 333 ? poison() : use()));
      const streamed = await server.stream(lines);
      t.strictSame(
        streamed.flatMap((outcome, i) => (outcome.status === 'recorded' ? [] : [[i, short(outcome)]])),
        [[333, 'item_failed']],
      );

      const [spoiled, whole, beside] = await Promise.all([
        server.atomic([use(), poison(), use()]),
        server.atomic([use(), use()]),
        server.one(use()),
      ]);
      t.match(spoiled, { http: 500, code: 'item_failed' });
      t.equal(whole.http, 200, 'another atomic request is not harmed');
      t.equal(beside.http, 201);

      const stored = await server.test.stored();
      t.equal(logFault(stored), null, 'the chain is whole');
      const keys = stored.filter(({ type }) => type === 'usage.recorded').map(({ key }) => key);
      const of = (items: readonly { key: string }[]) => keys.filter((key) => items.some((item) => item.key === key));
      const kept = (items: readonly { key: string }[], without: readonly number[]) =>
        items.filter((_, i) => !without.includes(i)).map(({ key }) => key);
      t.equal(keys.length, 35 + 3 + 599 + 2 + 1);
      t.strictSame(of(array), kept(array, [1, 4]), 'an array is recorded in order');
      t.strictSame(of(lines), kept(lines, [333]), 'a stream is recorded in order');
      t.equal((await server.test.replay({ check: true })).identical, true, 'the tables are what the log says');

      const items = server.lines().filter(({ code }) => code === 'item_failed');
      t.equal(items.length, 1 + 4 + 1 + 1, 'each failure is logged once');
      t.match(items[0], { type: 'usage.recorded', msg: 'an item failed' });
      t.notMatch(server.logged(), /what the agent said|poison(?!-harms)/, 'without what was sent');
    });
  }

  t.test(`batches that were decided on top of a failed one are decided again, on ${engine.name}`, async (t) => {
    const server = await serverWith(t, engine, undefined);
    const batches = Array.from({ length: 8 }, (_, b) =>
      Array.from({ length: 400 }, (_, i) => (b === 2 && i === 5 ? poison() : use())),
    );
    const commands = batches.map((batch) =>
      batch.map((item) => ({ ...item, actor: 'test', source: 'test' }) as unknown as Command),
    );
    const outcomes = await Promise.all(commands.map((some) => server.test.ledger.submit(pool, { commands: some })));
    t.strictSame(
      outcomes.flat().flatMap((outcome, i) => (outcome.status === 'recorded' ? [] : [i])),
      [2 * 400 + 5],
    );
    t.equal(logFault(await server.test.stored()), null);
  });
}

const postgres = variants.find(({ name }) => name === 'postgres');
t.test(
  'a database in which not every name can be written is refused',
  { skip: postgres === undefined ? 'PostgreSQL was not chosen' : false },
  async (t) => {
    const server = await serverUrl();
    const name = 'encoded_otherwise';
    await queryOnce(server, `DROP DATABASE IF EXISTS ${name}`);
    await queryOnce(server, `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    t.teardown(() => queryOnce(server, `DROP DATABASE ${name} WITH (FORCE)`));
    const place = new URL(server);
    place.pathname = `/${name}`;
    for (const args of [['migrate'], ['migrate', '--check'], ['serve', '--port', '0']]) {
      const { code, stderr } = await run([...args, '--database', place.href]);
      t.equal(code, 2, args.join(' '));
      t.match(stderr, /the encoding of the database is LATIN1.*it must be UTF8/);
    }
  },
);
