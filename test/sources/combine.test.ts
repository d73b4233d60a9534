/** Goal: a response that is told many times counts once, with the best figures, for the session that made it. */
import t from 'tap';
import { Combiner, combined } from '../../src/sources/combine.js';
import { keyOf, type QuotaSeen, type UseSeen } from '../../src/sources/source.js';

const base: UseSeen = {
  kind: 'use',
  provider: 'anthropic',
  response: 'msg_1',
  request: 'req_1',
  part: null,
  sidechain: false,
  ownKey: null,
  rank: 'final',
  tokens: { input: 100 },
  saysSpeed: false,
  occurredAt: 1_000,
  session: 's1',
  sessionIsCertain: false,
  model: 'm',
  costUsd: null,
  pricing: {},
  place: {},
};
const seen = (what: Partial<UseSeen>): UseSeen => ({ ...base, ...what });
const uses = (...sights: Partial<UseSeen>[]) => combined(sights.map(seen)) as readonly UseSeen[];
const inputs = (...sights: Partial<UseSeen>[]) => uses(...sights).map(({ tokens }) => tokens.input);
const side = { sidechain: true };
const of = (input: number) => ({ tokens: { input } });

t.test('a later sight replaces the kept one', async (t) => {
  t.strictSame(inputs(of(100), of(90)), [100], 'not where it is smaller');
  t.strictSame(inputs(of(100), of(110)), [110], 'where it is larger');
  t.strictSame(inputs({ ...side, ...of(100) }, of(90)), [90], 'where the kept one is a sidechain, and it is not');
  t.strictSame(inputs(of(100), { ...side, ...of(110) }), [110], 'a sidechain, too, where it is larger');
  t.strictSame(inputs(of(100), { ...side, ...of(90) }), [100], 'no sidechain that is smaller');
  t.strictSame(inputs({ ...of(100), rank: 'estimated' }, of(90)), [90], 'where its rank is higher');
  t.strictSame(inputs(of(100), { ...of(110), rank: 'estimated' }), [100], 'not where its rank is lower');
  const [fast] = uses({}, { saysSpeed: true, pricing: { speed: 'fast' } });
  t.equal(fast?.pricing.speed, 'fast', 'where only it says the speed');
  const [kept] = uses(
    { saysSpeed: true, pricing: { speed: 'fast' } },
    { saysSpeed: true, pricing: { speed: 'normal' } },
  );
  t.equal(kept?.pricing.speed, 'fast', 'not where both say it');
});

t.test('another request is another response, unless one of them is a sidechain', async (t) => {
  t.equal(uses({}, { request: 'req_2' }).length, 2);
  t.equal(uses({}, { request: 'req_2' }, { request: 'req_2' }, {}, { request: 'req_3' }).length, 3);
  t.equal(uses({}, { request: 'req_2', ...side }).length, 1);
  t.equal(uses({ request: 'req_2', ...side }, {}).length, 1);
  t.equal(uses({}, { response: 'msg_2', ...side }).length, 2, 'another response is always another');
  t.equal(uses({}, { part: 'compaction:0' }).length, 2, 'and so is a part');
  t.equal(uses({}, { provider: 'openai' }).length, 2, 'and what another provider did');
});

t.test('the request is that of the response, not of a sidechain that repeats it', async (t) => {
  const replay = { request: 'req_9', ...side };
  const placeholder = { rank: 'estimated', tokens: { input: 1 } } as const;
  t.equal(uses(replay, {})[0]?.request, 'req_1');
  t.strictSame(
    uses(placeholder, replay, {}).map(({ request, tokens }) => [request, tokens.input]),
    [['req_1', 100]],
    'so the final line finds its placeholder after a replay',
  );
  t.equal(uses(replay, {}, { request: 'req_9' }).length, 2, 'the request of the replay is not its own');
});

t.test('a request alone says which response it is', async (t) => {
  t.equal(uses({ response: null, rank: 'telemetry' }, {})[0]?.response, 'msg_1');
  t.equal(uses({}, { response: null, rank: 'telemetry' }).length, 1);
  t.equal(
    uses({ response: null, request: null, ownKey: 'a' }, { response: null, request: null, ownKey: 'b' }).length,
    2,
  );
});

t.test('what has a key of its own is no other sight of anything but itself', async (t) => {
  const own = { response: null, ownKey: 'line:1' };
  t.equal(uses({}, own).length, 2, 'not of its request');
  t.equal(uses(own, {}).length, 2);
  t.equal(uses(own, { response: null, rank: 'telemetry' }).length, 2);
  t.equal(uses(own, { ...own, ownKey: 'line:2' }).length, 2);
  t.equal(uses(own, own).length, 1);
  t.equal(uses(own, { ...own, part: 'compaction:0' }).length, 2);
  t.equal(keyOf(seen({ ...own, response: 'msg_1' })), 'anthropic:line:1');
});

t.test('a response belongs to the session where it was seen first, or to the one that is certain', async (t) => {
  const [first] = uses({ occurredAt: 2_000, session: 'fork' }, { occurredAt: 1_000, session: 'parent' });
  t.match(first, { session: 'parent', occurredAt: 1_000 });
  const [certain] = uses({ session: 'fork' }, { occurredAt: 2_000, session: 'parent', sessionIsCertain: true });
  t.match(certain, { session: 'parent', sessionIsCertain: true, occurredAt: 1_000 });
  const [kept] = uses({ session: 'parent', sessionIsCertain: true }, { occurredAt: 0, session: 'fork' });
  t.equal(kept?.session, 'parent');
});

t.test('a cost or a model that only one sight knows is kept', async (t) => {
  const better = { ...of(110), model: null };
  t.match(uses({ costUsd: 0.5 }, better)[0], { costUsd: 0.5, model: 'm', tokens: { input: 110 } });
  t.match(uses({ model: null }, of(90))[0], { model: 'm', tokens: { input: 100 } });
});

const reading: QuotaSeen = {
  kind: 'quota',
  measuredAt: 5_000,
  source: 'x',
  windows: [{ key: 'week_all', percentBp: 10_000, resetsAt: null }],
  place: {},
};

t.test('a reading that copies repeat is one; what was read without a time is always new', async (t) => {
  t.equal(combined([reading, { ...reading }]).length, 1);
  t.equal(combined([reading, { ...reading, measuredAt: 6_000 }]).length, 2);
  t.equal(combined([reading, { ...reading, windows: [] }]).length, 2);
  const timeless = { ...reading, measuredAt: null };
  t.equal(combined([timeless, timeless]).length, 2);
});

t.test('what was known is news only where it is better known', async (t) => {
  const first = new Combiner();
  for (const one of [seen({}), seen({ response: 'msg_2', request: 'req_2' }), reading]) first.add(one);
  const again = (...later: readonly (UseSeen | QuotaSeen)[]) => {
    const combiner = new Combiner(JSON.parse(JSON.stringify(first.known(10))));
    for (const one of later) combiner.add(one);
    return combiner.news;
  };
  t.strictSame(again(seen({}), reading), []);
  t.match(again(seen(of(110))), [{ response: 'msg_1', tokens: { input: 110 } }]);
  t.match(again(seen({ response: 'msg_3', request: 'req_3' })), [{ response: 'msg_3' }]);
  t.match(first.known(2), [{ response: 'msg_2' }, { kind: 'quota' }], 'only the latest are remembered');
});
