// Every field has a limit, and what is over it is refused by name, not cut.
import t from 'tap';
import { commandTypes } from '../../src/events/catalogue.js';
import { parseCommand } from '../../src/events/command.js';
import { limits } from '../../src/limits.js';
import { Problem } from '../../src/problems.js';
import { type CommandType, command, origin } from '../support/command.js';

const text = (length: number) => 'x'.repeat(length);
const long = text(limits.textCharactersMax + 1);
const reason = text(limits.reasonCharactersMax + 1);
const name = text(limits.nameCharactersMax + 1);
const id = '01JGZ0000000000000000000A1';
const past = limits.occurredAtMsMin - 1;
const many = (count: number) => Array.from({ length: count }, (_, i) => i);

/** For each type a payload that is accepted, and changes to it that are not: the field that is named, and its value. */
const cases: Record<
  string,
  { valid: Record<string, unknown>; over: [field: string, value: unknown, named?: string][] }
> = {
  'pool.configured': {
    valid: { time_zone: 'Europe/London' },
    over: [
      ['time_zone', 'Mars/Olympus'],
      ['time_zone', long],
    ],
  },
  'identity.registered': {
    valid: { name: 'Ada' },
    over: [
      ['name', name],
      ['name', ''],
      ['name', 'a\u0000b'],
      ['name', 'a\u202Eb'],
      ['model', long],
      ['cost_multiplier', 1_001],
      ['cost_multiplier', 0],
      ['weight', 1_000_001],
      ['weight', 0],
      ['collaborative_pref', 101],
      ['collaborative_pref', 0.5],
      ['ip_address', long],
      ['colour', long],
      ['status', 'king'],
      ['imported', { source: 's', table: 't', id: long }, 'imported.id'],
    ],
  },
  'identity.changed': {
    valid: { name: 'Ada', weight: 2 },
    over: [
      ['name', name],
      ['weight', -1],
      ['cost_multiplier', 1e9],
    ],
  },
  'identity.aliased': {
    valid: { name: 'Ada', alias: 'A' },
    over: [
      ['name', name],
      ['alias', name],
    ],
  },
  'identity.merged': {
    valid: { from: 'Ada', into: 'A' },
    over: [
      ['from', name],
      ['into', name],
    ],
  },
  'identity.retired': {
    valid: { name: 'Ada' },
    over: [
      ['name', name],
      ['reason', reason],
    ],
  },
  'identity.reinstated': {
    valid: { name: 'Ada' },
    over: [
      ['name', name],
      ['reason', reason],
    ],
  },
  'agent.paused': {
    valid: { name: 'Ada' },
    over: [
      ['name', name],
      ['reason', reason],
      ['until', past],
      ['until', 'soon'],
    ],
  },
  'agent.resumed': {
    valid: { name: 'Ada' },
    over: [
      ['name', name],
      ['reason', reason],
    ],
  },
  'agent.chose': {
    valid: { name: 'Ada', choice: 'wait' },
    over: [
      ['choice', 'sleep'],
      ['turns', 1_000_001],
      ['duration_minutes', limits.pauseMinutesMax + 1],
      ['wake_at', past],
      ['context_percentage', 101],
    ],
  },
  'usage.recorded': {
    valid: { name: 'Ada', mode: 'autonomy' },
    over: [
      ['name', name],
      ['mode', 'play'],
      ['cost_micro_usd', limits.costMicroUsdMax + 1],
      ['cost_micro_usd', -1],
      ['cost_micro_usd', 0.5],
      ['legacy_tokens', limits.tokensMax + 1],
      ['tokens', { input: limits.tokensMax + 1 }, 'tokens.input'],
      ['tokens', { thoughts: 1 }, 'tokens.thoughts'],
      ['unit', { name: long, amount: 1 }, 'unit.name'],
      ['model', long],
      ['session', long],
      ['session', ''],
      ['instance', { host: long }, 'instance.host'],
      ['instance', { pid: 4_294_967_296 }, 'instance.pid'],
      ['project', long],
      ['tags', Object.fromEntries(many(limits.tagsMax + 1).map((i) => [`t${i}`, 'v']))],
      ['tags', { a: long }, 'tags.a'],
      ['context_percentage', 1_001],
      ['current_interval', limits.intervalSecondsMax + 1],
      ['total_cost_usd', 1, 'session'],
      ['total_tokens', 1, 'session'],
      ['blocked_by', []],
      ['issued_interval_s', 1],
      ['counter', {}],
    ],
  },
  'usage.corrected': {
    valid: { corrects: id, difference: {}, reason: 'r' },
    over: [
      ['corrects', 'x'],
      ['reason', reason],
      ['reason', ''],
      ['difference', { cost_micro_usd: limits.costMicroUsdMax + 1 }, 'difference.cost_micro_usd'],
      ['difference', { tokens: { output: -limits.tokensMax - 1 } }, 'difference.tokens.output'],
      ['difference', { legacy_tokens: 0.5 }, 'difference.legacy_tokens'],
    ],
  },
  'quota.read': {
    valid: { windows: [{ key: 'week_all', percent_bp: 0 }] },
    over: [
      ['account', long],
      ['source', long],
      ['confidence', 'sure'],
      ['raw', text(limits.rawCharactersMax + 1)],
      ['windows', many(limits.windowsMax + 1).map((i) => ({ key: `w${i}`, percent_bp: 0 }))],
      ['windows', [{ key: text(65), percent_bp: 0 }], 'windows[0].key'],
      ['windows', [{ key: 'a b', percent_bp: 0 }], 'windows[0].key'],
      ['windows', [{ key: 'w', percent_bp: limits.percentBpMax + 1 }], 'windows[0].percent_bp'],
      ['windows', [{ key: 'w', percent_bp: 0, duration_s: 0 }], 'windows[0].duration_s'],
      ['windows', [{ key: 'w', percent_bp: 0, resets_at: past }], 'windows[0].resets_at'],
    ],
  },
  'quota.rejected': {
    valid: { corrects: id, reason: 'r' },
    over: [
      ['corrects', `${id}0`],
      ['reason', reason],
    ],
  },
  'quota.exhausted': {
    valid: { window: 'week_all', evidence: '429' },
    over: [
      ['window', text(65)],
      ['until', past],
      ['evidence', reason],
      ['evidence', ''],
    ],
  },
  'turn.settled': {
    valid: { turn: 't1', token: 1, usage: {} },
    over: [
      ['turn', '1'],
      ['turn', 't0'],
      ['token', 0],
      ['usage', { name: 'Ada' }, 'usage.name'],
      ['usage', { mode: 'sleep' }, 'usage.mode'],
      ['usage', { cost_micro_usd: limits.costMicroUsdMax + 1 }, 'usage.cost_micro_usd'],
      ['usage', { total_tokens: 1 }, 'usage.session'],
      ['usage', { session: 's', total_cost_usd: 1, cost_micro_usd: 1 }, 'usage.total_cost_usd'],
      ['usage', { session: 's', total_tokens: 1, legacy_tokens: 1 }, 'usage.total_tokens'],
    ],
  },
  'turn.released': {
    valid: { turn: 't1', token: 1 },
    over: [
      ['turn', 't01'],
      ['token', 1.5],
      ['reason', reason],
    ],
  },
  'import.completed': {
    valid: {
      source: 'coop:0',
      digest: '0'.repeat(64),
      rows_read: 3,
      rows_recorded: 1,
      rows_repeated: 1,
      rows_left_out: 1,
    },
    over: [
      ['source', long],
      ['digest', 'none'],
      ['rows_read', -1],
      ['from', -1],
    ],
  },
  'day.closed': {
    valid: { date: '2026-01-05' },
    over: [
      ['date', '2026-02-30'],
      ['date', '5 January'],
      ['totals', []],
    ],
  },
  'alert.raised': {
    valid: { rule: 'r', subject: 's', text: 't', dedupe_key: 'k' },
    over: [
      ['rule', long],
      ['subject', long],
      ['text', reason],
      ['dedupe_key', long],
      ['dedupe_key', ''],
    ],
  },
  'agent.advised': { valid: { name: 'Ada' }, over: [['name', name]] },
  'policy.set': {
    valid: { interval_s_min: 600, windows: [{ key: 'credits', length_s: 86_400, anchor: 'fixed' }] },
    over: [
      ['interval_s_min', 0],
      ['interval_s_base', limits.intervalSecondsMax + 1],
      ['method', 'kind'],
      ['mode', 'shout'],
      ['floor_fraction', 1.1],
      ['reading_variance', 0],
      ['horizon_h', 8_761],
      ['version', 7],
      ['windows', many(33).map((i) => ({ key: `w${i}`, length_s: 60, anchor: 'use' }))],
      ['windows', many(2).map(() => ({ key: 'w', length_s: 60, anchor: 'use' }))],
      ['windows', [{ key: 'a\u0000b', length_s: 60, anchor: 'use' }], 'windows[0].key'],
    ],
  },
  'alert.acknowledged': {
    valid: { dedupe_key: 'k' },
    over: [
      ['dedupe_key', long],
      ['reason', reason],
    ],
  },
  'alert.cleared': {
    valid: { dedupe_key: 'k' },
    over: [
      ['dedupe_key', long],
      ['reason', reason],
    ],
  },
};

/** The fields a payload is refused for; empty when it is accepted. */
function faults(type: string, payload: unknown, around: object = {}): string[] {
  try {
    parseCommand({ type, payload, ...around }, origin);
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.map(({ field }) => field);
  }
}

t.test('every type that can be sent has its cases here', async (t) => {
  t.strictSame(Object.keys(cases).sort(), [...commandTypes].sort());
});

for (const [type, { valid, over }] of Object.entries(cases)) {
  t.test(`refuses a ${type} over its limits`, async (t) => {
    t.strictSame(faults(type, valid), []);
    for (const [field, value, named = field] of over) {
      const shown = JSON.stringify(value).slice(0, 40);
      t.ok(faults(type, { ...valid, [field]: value }).includes(`payload.${named}`), `${field}: ${shown}`);
    }
    t.strictSame(faults(type, { ...valid, colour_of_mind: 1 }), ['payload.colour_of_mind'], 'a field nobody knows');
    for (const payload of [null, [], 'text', 5])
      t.strictSame(faults(type, payload), ['payload'], JSON.stringify(payload));
  });
}

t.test('refuses an envelope over its limits', async (t) => {
  const payload = { name: 'Ada' };
  const over: [string, object][] = [
    ['key', { key: text(limits.keyCharactersMax + 1) }],
    ['key', { key: '' }],
    ['source', { source: long }],
    ['occurred_at', { occurred_at: past }],
    ['occurred_at', { occurred_at: '2026-01-05T12:00:00' }],
    ['occurred_at', { occurred_at: 1.5 }],
    ['actor', { actor: 'root' }],
    ['version', { version: 2 }],
  ];
  for (const [field, around] of over)
    t.strictSame(faults('agent.resumed', payload, around), [field], JSON.stringify(around).slice(0, 40));
  t.strictSame(faults('projection.rebuilt', {}), ['type'], 'what only the product may say');
  t.strictSame(faults('constructor', {}), ['type']);
});

t.test('takes text that has no UTF-8 from nobody: it could not be hashed', async (t) => {
  const lone = 'a\ud800';
  const window = { key: 'w', percent_bp: 0 };
  t.strictSame(faults('quota.read', { windows: [window], raw: lone }), ['payload.raw']);
  t.strictSame(faults('quota.read', { windows: [window], raw: 'line one\nline two 😀' }), []);
  t.strictSame(faults('usage.recorded', { name: 'Ada', mode: 'autonomy', tags: { [lone]: 'v' } }).length, 1);
  t.strictSame(faults('usage.recorded', { name: lone, mode: 'autonomy' }), ['payload.name']);
  t.strictSame(faults('agent.resumed', { name: 'Ada' }, { key: lone }), ['key']);
});

t.test('names are kept in Unicode NFC, without blanks around', async (t) => {
  t.equal(command('identity.registered' satisfies CommandType, { name: '  Zoe\u0308 ' }).payload.name, 'Zoë');
});
