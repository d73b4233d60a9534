// Goal: nobody can change, remove, swap or cut events without `verify` naming the place; and an export is as good as the log.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Test, test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const until = '2026-03-30T12:00:00Z';

/** A made week, once for all tests of this file: about a thousand events. */
async function madeWeek(t: Test): Promise<string> {
  const data = join(temporaryFolder(t), 'demo');
  const made = await run(['demo', '--no-serve', '--data', data, '--until', until]);
  if (made.code !== 0) throw new Error(made.stderr);
  return data;
}

/** Edits a copy of the log behind the product's back. */
function tampered(t: Test, data: string, ...statements: readonly string[]): string {
  const copy = join(temporaryFolder(t), 'data');
  cpSync(data, copy, { recursive: true });
  const db = new Database(join(copy, 'resource_tracking.db'));
  for (const statement of statements) db.exec(statement);
  db.close();
  return copy;
}

test('a made week, and what can be done to its log', async (t) => {
  const data = await madeWeek(t);
  const [cli, json] = [onData(data), jsonOn(data)];

  await t.test('it is whole, says that it is made, and is made only once', async (t) => {
    const [verdict] = await json('verify');
    t.match(verdict, { pool: 'default', ok: true, first_bad_seq: null, hash: /^[0-9a-f]{64}$/ });
    t.ok(verdict.seq > 900, `${verdict.seq} events`);
    const { stderr } = await cli('verify');
    t.match(stderr, /^looking at kept answers: \d/m);
    t.notMatch(stderr, /^looking at .*\/s/m, 'no rate before anything can be said of it');
    t.match(await json('replay', '--check'), { identical: true });
    const types = new Set(
      (await json('audit', 'events', '--limit', '10000')).map(
        (event: { type: string; source: string }) => `${event.source} ${event.type}`,
      ),
    );
    for (const type of [
      'agent.paused',
      'usage.corrected',
      'identity.merged',
      'alert.raised',
      'quota.rejected',
      'day.closed',
    ]) {
      t.ok(types.has(`demo/1 ${type}`), `it has ${type}`);
    }
    t.ok(
      [...types].every((type) => String(type).startsWith('demo/1 ')),
      'every event says that it is made',
    );
    const names = (await json('identities', 'list')).map(({ name }: { name: string }) => name);
    t.ok(names.length >= 4 && names.every((name: string) => /^demo /i.test(name)), names.join(', '));

    t.match(await cli('demo', '--no-serve'), { code: 0, stdout: /is there already/ });
    const real = join(temporaryFolder(t), 'real');
    await onData(real)('usage', 'record', 'Ada', '--cost', '1');
    t.match(await onData(real)('demo', '--no-serve'), { code: 2, stderr: /no demo/ });
  });

  await t.test('the same seed and end give the same week', async (t) => {
    const events = async (from: string) =>
      (await jsonOn(from)('audit', 'events', '--limit', '10000')).map(
        (event: { type: string; recorded_at: number; payload: { corrects?: string } }) => [
          event.type,
          event.recorded_at,
          { ...event.payload, corrects: typeof event.payload.corrects },
        ],
      );
    t.same(await events(await madeWeek(t)), await events(data));
  });

  await t.test('tampering is found, and the first bad seq named', async (t) => {
    const cases: readonly (readonly [name: string, seq: number, what: RegExp, statements: readonly string[]])[] = [
      [
        'a flipped byte in a payload',
        500,
        /its payload is not the one that was recorded/,
        [`UPDATE events SET payload = replace(payload, '"pool"', '"pooI"') || ' ' WHERE seq = 500`],
      ],
      [
        'a payload changed together with its digest',
        501,
        /its hash does not fit/,
        [
          `UPDATE events SET payload = '{}', digest = unhex('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a') WHERE seq = 501`,
        ],
      ],
      ['a changed source', 502, /its hash does not fit/, [`UPDATE events SET source = 'demo/2' WHERE seq = 502`]],
      ['a removed event', 503, /it is missing; the next event there is 504/, ['DELETE FROM events WHERE seq = 503']],
      [
        'a swapped pair',
        504,
        /it is missing; the next event there is 505/,
        [
          'UPDATE events SET place = -1 WHERE seq = 504',
          'UPDATE events SET place = 504 WHERE seq = 505',
          'UPDATE events SET place = 505 WHERE place = -1',
        ],
      ],
      [
        'a swapped pair that is numbered again',
        505,
        /its hash does not fit/,
        [
          'UPDATE events SET place = -1, seq = -1 WHERE seq = 505',
          'UPDATE events SET place = 505, seq = 505 WHERE seq = 506',
          'UPDATE events SET place = 506, seq = 506 WHERE seq = -1',
        ],
      ],
      [
        'a tail cut off, with the head left',
        901,
        /the events 901 to \d+ are missing/,
        ['DELETE FROM events WHERE seq > 900'],
      ],
    ];
    for (const [name, seq, what, statements] of cases) {
      const verdict = await onData(tampered(t, data, ...statements))('verify', '--json');
      t.equal(verdict.code, 1, name);
      t.match(JSON.parse(verdict.stdout), [{ ok: false, first_bad_seq: seq, what }], name);
    }
    const text = await onData(tampered(t, data, 'DELETE FROM events WHERE seq = 503'))('verify');
    t.match(text.stdout, 'default: the chain is broken. The first bad event is seq 503: it is missing');
    t.match(text.stderr, /events in .* s \(.*\/s\)/, 'with the rate');
  });

  await t.test('a saved head finds what the chain alone cannot', async (t) => {
    const saved = join(temporaryFolder(t), 'head.json');
    t.match(await cli('verify', '--save', saved), { code: 0 });
    const head = JSON.parse(readFileSync(saved, 'utf8'));
    t.match(head, { pool: 'default', seq: Number, id: String, hash: String });
    t.equal((await cli('verify', '--against', saved)).code, 0);

    const cut = `UPDATE pools SET (head_seq, head_id, head_hash, head_recorded_at) = (SELECT seq, id, hash, recorded_at FROM events WHERE seq = 900)`;
    const truncated = tampered(t, data, 'DELETE FROM events WHERE seq > 900', cut);
    const beside = await onData(truncated)('verify', '--chain-only');
    t.match(beside, { code: 1, stdout: /900 events, the chain is whole[\s\S]*are cut off/ }, 'the head file finds it');
    rmSync(join(truncated, 'resource_tracking.head.json'));
    t.equal(
      (await onData(truncated)('verify', '--chain-only')).code,
      0,
      'a log that was cut together with its head is whole in itself',
    );
    const found = await onData(truncated)('verify', '--against', saved);
    t.match(found, { code: 1, stdout: /seq 901: the log ends at 900, but reached \d+/ });

    const other = { ...head, id: '01JGV3M9Q8ZJ4X7W2K5T6R8N1P', seq: 700 };
    writeFileSync(saved, JSON.stringify([head, other]));
    t.match(
      await cli('verify', '--against', saved),
      { code: 1, stdout: /seq 700: .*the log was rewritten/ },
      'several heads in one file',
    );
    writeFileSync(saved, JSON.stringify({ ...head, pool: 'lost' }));
    t.match(await cli('verify', '--against', saved), { code: 1, stdout: /lost: .*the pool lost is gone/ });
    writeFileSync(saved, 'no json');
    t.match(await cli('verify', '--against', saved), { code: 2, stderr: /cannot be read as saved heads/ });
  });

  await t.test('an export is imported with the same chain and the same tables', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'events.ndjson');
    t.equal((await cli('export', file)).code, 0);
    const copy = join(folder, 'copy');
    const { seq } = (await json('pools', 'list'))[0];
    t.match(await jsonOn(copy)('import', file), { pool: 'default', events: seq, seq });
    t.same((await jsonOn(copy)('verify'))[0], (await json('verify'))[0], 'the head is the same');
    t.match(await jsonOn(copy)('replay', '--check'), { identical: true });
    t.same(await jsonOn(copy)('usage', 'daily', '--limit', '1000'), await json('usage', 'daily', '--limit', '1000'));
    t.equal((await onData(copy)('export')).stdout, readFileSync(file, 'utf8'), 'and so is its export');

    t.match(await onData(copy)('import', file), {
      code: 1,
      stderr: /line 1 is refused: event 1 cannot follow the head/,
    });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const half = join(folder, 'half');
    await run(['import', '-', '--data', half], { input: lines.slice(0, 600).join('\n') });
    const rest = (await cli('export', '--after-seq', '600')).stdout;
    t.match(
      await run(['import', '-', '--data', half, '--json'], { input: rest }),
      { code: 0 },
      'a second file continues the head',
    );
    t.same((await jsonOn(half)('verify'))[0], (await json('verify'))[0]);
  });

  await t.test('an import refuses what does not fit, and names the line', async (t) => {
    const lines = (await cli('export')).stdout.trimEnd().split('\n');
    const refuse = async (edit: (lines: string[]) => void, why: RegExp) => {
      const edited = [...lines];
      edit(edited);
      const empty = join(temporaryFolder(t), 'empty');
      const refused = await run(['import', '-', '--data', empty], { input: edited.join('\n') });
      t.match(refused, { code: 1, stderr: why }, String(why));
    };
    await refuse((all) => all.splice(30, 1), /line 31 is refused: event 32 cannot follow the head, which is 30/);
    await refuse(
      (all) => all.splice(9, 1, (all[9] as string).replace('demo/1', 'demo/2')),
      /line 10 is refused: event 10 is broken: its hash does not fit/,
    );
    await refuse(
      (all) => all.splice(9, 1, (all[9] as string).replace(/"name":"/, '"name":"x')),
      /line 10 is refused: event 10 is broken: its payload/,
    );
    await refuse((all) => all.splice(9, 1, '{"pool":'), /line 10 is refused/);
    await refuse(
      (all) => all.splice(9, 1, (all[9] as string).replace('"pool":"default"', '"pool":"other"')),
      /line 10 is refused: the event belongs to the pool other/,
    );
    t.match(await run(['import', join(data, 'none'), '--data', join(data, 'x')]), { code: 2 });
    t.notOk(existsSync(join(data, 'x')), 'a file that is not there makes no ledger');
  });
});
