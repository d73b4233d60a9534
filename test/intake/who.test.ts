// Whose use foreign data is, and in which mode: each rule by hand, and patterns of folders.
import t from 'tap';
import { attribute, isUnder, type Surroundings } from '../../src/intake/who.js';
import type { ClientFacts } from '../../src/sources/source.js';

const around: Surroundings = { rules: [], user: 'eva', host: 'box', defaultMode: 'autonomy' };
const who = (facts: ClientFacts, more: Partial<Surroundings> = {}) => attribute(facts, { ...around, ...more });

t.test('the identity that is named most directly counts', async (t) => {
  const rules = [{ cwd: '/srv/p1/**', identity: 'Ada' }];
  const facts = { cwd: '/srv/p1/app', agentName: 'reviewer' };
  t.match(who({ ...facts, agent: 'Grace' }, { rules, identity: 'Flag' }), {
    identity: 'Flag',
    identitySource: 'explicit',
  });
  t.match(who({ ...facts, agent: 'Grace' }, { rules }), { identity: 'Grace', identitySource: 'explicit' });
  t.match(who(facts, { rules }), { identity: 'Ada', identitySource: 'rule', rule: 0 });
  t.match(who({ ...facts, cwd: '/srv/p2' }, { rules }), {
    identity: 'reviewer',
    identitySource: 'client',
    rule: undefined,
  });
  t.match(who({}), { identity: 'eva@box', identitySource: 'user' });
  t.match(who({ host: 'far' }), { identity: 'eva@far' });
});

t.test('the first rule that fits in all it names counts', async (t) => {
  const rules = [
    { cwd: '/srv/**', host: 'other', identity: 'No' },
    { cwd: '/srv/**', entrypoint: 'cli', identity: 'Person', mode: 'collaboration' as const, project: 'house' },
    { cwd: '/srv/**', identity: 'Bot' },
  ];
  t.match(who({ cwd: '/srv/x', entrypoint: 'cli' }, { rules }), {
    identity: 'Person',
    mode: 'collaboration',
    modeSource: 'rule',
    project: 'house',
    rule: 1,
  });
  t.match(who({ cwd: '/srv/x', entrypoint: 'sdk-cli' }, { rules }), { identity: 'Bot', rule: 2 });
  t.match(who({ cwd: '/srv/x', host: 'other' }, { rules }), { identity: 'No', rule: 0 });
  t.match(who({ entrypoint: 'cli' }, { rules }), { rule: undefined });
});

t.test('the mode that is known best counts', async (t) => {
  const facts = { entrypoint: 'sdk-cli' };
  const prompt = { sincePromptMs: 1_800_000 };
  const sessions = (state: 'attached' | 'detached') => ({ tmux: { stateOf: () => state } });
  t.match(who(facts, { mode: 'collaboration', ...sessions('detached') }), {
    mode: 'collaboration',
    modeSource: 'explicit',
  });
  t.match(who(facts, sessions('attached')), { mode: 'collaboration', modeSource: 'tmux' });
  t.match(who({}, { ...sessions('detached'), ...prompt }), { mode: 'autonomy', modeSource: 'tmux' });
  t.match(who(facts, prompt), { mode: 'autonomy', modeSource: 'entrypoint' });
  t.match(who({ entrypoint: 'cli' }, prompt), { mode: 'collaboration', modeSource: 'prompt' });
  t.match(who({}, { sincePromptMs: 1_800_001 }), { mode: 'autonomy', modeSource: 'default' });
  t.match(who({}, { defaultMode: 'collaboration' }), { mode: 'collaboration', modeSource: 'default' });
});

t.test('each agent has its own tmux session', async (t) => {
  const rules = [
    { cwd: '/srv/p1/**', identity: 'Ada' },
    { cwd: '/srv/p2/**', identity: 'Bob', tmux: 'bob' },
    { cwd: '/srv/p3/**', tmux: 'third' },
    { identity: 'Ada', tmux: 'ada' },
  ];
  const asked: string[] = [];
  const stateOf = (session: string) => {
    asked.push(session);
    return session === 'bob' ? ('attached' as const) : undefined;
  };
  const mode = (facts: ClientFacts, more: Partial<Surroundings> = {}) =>
    who(facts, { rules, tmux: { stateOf }, ...more }).modeSource;
  t.equal(mode({ cwd: '/srv/p1' }), 'default');
  t.equal(mode({ cwd: '/srv/p2' }), 'tmux');
  t.equal(mode({ cwd: '/srv/p2', host: 'far' }), 'default', 'sessions of another host are not looked for');
  t.equal(mode({ cwd: '/srv/p3' }, { identity: 'Bob' }), 'default');
  t.equal(mode({ cwd: '/srv/p4' }, { identity: 'Eve' }), 'default');
  t.equal(mode({ cwd: '/srv/p1' }, { tmux: { session: 'bob', stateOf } }), 'tmux');
  t.strictSame(asked, ['ada', 'bob', 'third', 'autonomous-claude', 'bob']);
});

t.test('a project is the last part of the folder', async (t) => {
  t.equal(who({ cwd: '/srv/p1/app' }).project, 'app');
  t.equal(who({ cwd: 'C:\\work\\shop' }).project, 'shop');
  t.equal(who({ cwd: '/' }).project, undefined);
  t.equal(who({}).project, undefined);
});

t.test('patterns of folders', async (t) => {
  for (const [pattern, path, fits] of [
    ['/srv/p1/**', '/srv/p1', true],
    ['/srv/p1/**', '/srv/p1/a/b', true],
    ['/srv/p1/**', '/srv/p10', false],
    ['/srv/p1', '/srv/p1/a', false],
    ['/srv/*/app', '/srv/p1/app', true],
    ['/srv/*/app', '/srv/p1/x/app', false],
    ['/srv/p*/app', '/srv/q/app', false],
    ['/srv/a*b*c', '/srv/a-b-c', true],
    ['/srv/a*b*c', '/srv/a-c-b', false],
    ['/srv/ab*ba', '/srv/aba', false],
    ['**/app', '/srv/p1/app', true],
    ['**/app/**/src', '/srv/app/x/app/y/src', true],
    ['**', '/', true],
  ] as const) {
    t.equal(isUnder(pattern, path), fits, `${pattern} and ${path}`);
  }
  t.equal(isUnder(`${'**/a/'.repeat(50)}b`, `${'a/'.repeat(5_000)}c`), false, 'in bounded time');
});
