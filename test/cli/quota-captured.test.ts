// Goal: a reading is recorded as it was captured: text and screen of the client, JSON, headers, a message; nothing else is taken for one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { temporaryFolder } from '../support/folder.js';
import { jsonOn, onData, run } from './run.js';

const text = `Current session: 17% used · resets 10:59pm (Europe/London)
Current week (all models): 41% used · resets Dec 2, 9:54am (Europe/London)
`;
const screen = `  C▌rrent session
  ████                     17% used
  Resets 10:59pm (Europe/London)

  Current week (Sonnet only)
                           3% used
  Resets Dec 4, 9am (Europe/London)
`;

test('text from standard input', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const args = ['quota', 'record', '--usage-text', '-', '--at', '2026-11-28T20:00:00Z', '--json', '--data', data];
  const ran = await run(args, { input: text });
  t.equal(ran.code, 0, ran.stderr);
  t.match(JSON.parse(ran.stdout), [{ status: 'recorded' }]);
  const rows = await jsonOn(data)('quota', 'history');
  t.match(
    rows.toSorted((a: { window_key: string }, b: { window_key: string }) => (a.window_key < b.window_key ? -1 : 1)),
    [
      {
        window_key: 'session_5hour',
        percent_bp: 1_700,
        resets_at: '2026-11-28T22:59:00.000Z',
        source: 'claude-usage-text',
      },
      { window_key: 'week_all', percent_bp: 4_100, resets_at: '2026-12-02T09:54:00.000Z' },
    ],
  );
  t.match(rows[0].timestamp, /^2026-11-28T20:00:00/, 'measured when it says');
});

test('a file of any of the formats, once under its key', async (t) => {
  const folder = temporaryFolder(t);
  const [data, file] = [join(folder, 'data'), join(folder, 'captured')];
  const cli = onData(data);
  const record = (content: string, option: string, ...more: readonly string[]) => {
    writeFileSync(file, content);
    return cli('quota', 'record', option, file, ...more);
  };
  t.match(await record(screen, '--usage-screen'), { code: 0, stdout: /The reading is recorded \(seq \d+\)/ });
  t.match(await record('{"five_hour":{"utilization":18}}', '--usage-json', '--key', 'k1'), { code: 0 });
  t.match(await record('{"five_hour":{"utilization":18}}', '--usage-json', '--key', 'k1'), {
    stdout: /recorded before/,
  });
  const two = await record(
    '{"seven_day":{"utilization":4}}\n{"seven_day":{"utilization":5}}',
    '--usage-json',
    '--key',
    'k2',
  );
  t.match(two, { code: 0, stdout: /seq \d+[\s\S]*seq \d+/ });
  t.match(await record('anthropic-ratelimit-unified-5h-utilization: 0.19\n', '--headers'), { code: 0 });
  t.match(await record("You've hit your 5-hour limit · resets 11pm (Europe/London)", '--limit-text'), { code: 0 });
  const rows: { window_key: string; percent_bp: number }[] = await jsonOn(data)('quota', 'history');
  const session = rows
    .filter(({ window_key: key }) => key === 'session_5hour')
    .map(({ percent_bp: percent }) => percent);
  t.strictSame(
    session.sort((a, b) => a - b),
    [1_700, 1_800, 1_900, 10_000],
  );
});

test('what is no reading is said, and nothing is recorded', async (t) => {
  const folder = temporaryFolder(t);
  const [data, file] = [join(folder, 'data'), join(folder, 'captured')];
  const cli = onData(data);
  writeFileSync(file, 'Good morning');
  t.match(await cli('quota', 'record', '--usage-text', file), { code: 1, stderr: /captured holds no reading/ });
  writeFileSync(file, '{"five_hour":{"utilization":18},"accessToken":"secret-thing"}');
  const refused = await cli('quota', 'record', '--usage-json', file);
  t.match(refused, { code: 2, stderr: /is refused: it holds an access or refresh token\. Nothing of it is kept/ });
  t.notMatch(refused.stderr, 'secret-thing');
  t.match(await cli('quota', 'record', '--usage-text', file, '--session', '3'), { code: 64, stderr: /give one file/ });
  t.match(await cli('quota', 'record', '--usage-text', '/nowhere'), { code: 2, stderr: /\/nowhere/ });
  writeFileSync(file, 'x'.repeat(300_000));
  t.match(await cli('quota', 'record', '--usage-text', file), { code: 2, stderr: /more than 262144 bytes/ });
});
