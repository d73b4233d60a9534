/**
 * Case: the manual said that a service which crashed is started again, and the files for one of the two platforms said nothing of it. What
 * runs for long is started again on both; what was killed starts by the same command at once, and has what it had acknowledged.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { spawnDoomedDaemon } from '../support/daemon.js';
import { variant } from '../support/engines.js';

const ops = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(packageRoot, 'ops', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(service|plist)$/.test(name))
      .map((name) => [name, readFileSync(join(packageRoot, 'ops', folder, name), 'utf8')]),
  );

t.test('both platforms start again what runs for long', async (t) => {
  const units = [...ops('systemd')].filter(([, text]) => !/^Type=oneshot$/m.test(text));
  t.ok(units.length >= 4, 'the daemon and what runs beside it, of the machine and of an account');
  for (const [name, text] of units) {
    t.match(text, /^Restart=(on-failure|always)$/m, name);
    t.match(text, /^StartLimitIntervalSec=0$/m, `${name}: however often`);
    t.notMatch(text, /^RestartPreventExitStatus=.*\b(69|70|137)\b/m, `${name}: whatever may pass`);
  }
  const lists = [...ops('launchd')].filter(([, text]) => !/<key>Start(CalendarInterval|Interval)<\/key>/.test(text));
  t.ok(lists.length >= 2);
  for (const [name, text] of lists) t.match(text, /<key>KeepAlive<\/key>\s*<true\/>/, name);
});

t.test('a daemon that was killed starts at once, with what it had acknowledged', { timeout: 400_000 }, async (t) => {
  const place = await variant.place(t);
  const acknowledged: number[] = [];
  for (let life = 0; life < 3; life += 1) {
    const daemon = await spawnDoomedDaemon(place);
    const ask = async (path: string, body?: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(
        `${daemon.url}${path}`,
        body && { method: 'POST', headers, body: JSON.stringify(body) },
      );
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const found = await ask('/v1/events?type=usage.recorded&limit=100');
    const seqs = (found.body.events as readonly { seq: number }[]).map(({ seq }) => seq).sort((a, b) => a - b);
    t.same(seqs, acknowledged, `life ${life}`);
    const payload = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 1_000 };
    for (let use = 0; use < 3; use += 1) {
      const { status, body } = await ask('/v1/events', { type: 'usage.recorded', payload });
      t.equal(status, 201);
      acknowledged.push(body.seq as number);
    }
    daemon.process.kill('SIGKILL');
    t.equal(await daemon.ended, null);
  }
});
