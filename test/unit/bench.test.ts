/** The tools of the benchmarks decide what is called met, and what is run. */
import t from 'tap';
import { helpText, parseArguments } from '../../bench/arguments.js';
import { page, verdicts } from '../../bench/document.js';
import { agents, dayMs, History } from '../../bench/history.js';
import { type Figure, isMet, targetText } from '../../bench/target.js';

const figure = (value: number, target?: Figure['target'], baseline?: number): Figure => ({
  name: 'rate',
  value,
  unit: 'events/s',
  target,
  ...(baseline === undefined ? {} : { baseline: { name: 'bare', value: baseline } }),
});

t.test('a floor and a ceiling include their limit', async (t) => {
  t.equal(isMet(figure(100, { atLeast: 100 })), true);
  t.equal(isMet(figure(99.9, { atLeast: 100 })), false);
  t.equal(isMet(figure(100, { atMost: 100 })), true);
  t.equal(isMet(figure(100.1, { atMost: 100 })), false);
});

t.test('a ratio is of the figure to its baseline, and without one it is missed', async (t) => {
  t.equal(isMet(figure(50, { atLeast: 0.5, ratio: true }, 100)), true);
  t.equal(isMet(figure(49, { atLeast: 0.5, ratio: true }, 100)), false);
  t.equal(isMet(figure(50, { atLeast: 0.5, ratio: true })), false);
});

t.test('of alternatives one suffices', async (t) => {
  const target = [{ atLeast: 60_000 }, { atLeast: 0.7, ratio: true }];
  t.equal(isMet(figure(61_000, target, 200_000)), true, 'the rate alone');
  t.equal(isMet(figure(15_000, target, 20_000)), true, 'the ratio alone');
  t.equal(isMet(figure(13_000, target, 20_000)), false, 'neither');
  t.equal(targetText(target), '≥ 60,000 or ≥ 0.7 ×');
});

t.test('what could not be measured does not keep its target, and what has no target is not judged', async (t) => {
  t.equal(isMet(figure(Number.NaN, { atMost: 300 })), false);
  t.equal(isMet(figure(1)), null);
  t.equal(targetText(undefined), '');
});

t.test('the page lists every target with its figure, and each section its own', async (t) => {
  const benchmark = { title: 'Append in process', question: 'How fast?', run: async () => ({ figures: [] }) };
  const figures = [figure(50, { atLeast: 0.5, ratio: true }, 100), figure(10, { atLeast: 20 }), figure(7)];
  const table = { title: 'By size', columns: ['size', 'rate'], rows: [['1', '2']] };
  const sections = [{ benchmark, result: { figures, tables: [table], notes: ['One is missing.'] } }];
  const { met, missed } = verdicts(sections);
  t.equal(met, 1);
  t.equal(missed.length, 1);
  const text = page(sections, { runs: 3, events: 1_000, machine: 'a machine' });
  t.match(text, '| [Append in process](#append-in-process) | rate | 50 events/s | 0.5 × bare (100) | ≥ 0.5 × | met |');
  t.match(text, '| [Append in process](#append-in-process) | rate | 10 events/s |  | ≥ 20 | missed |');
  t.match(text, '| size | rate |\n|---|---|\n| 1 | 2 |');
  t.match(text, 'One is missing.');
});

t.test('arguments: sizes, names, and a word for every mistake', async (t) => {
  const known = ['append', 'reads'];
  t.strictSame(parseArguments([], known), { help: false, quick: false, events: 10_000_000, log: null, names: [] });
  const asked = parseArguments(['--events', '1_000_000', '--log', 'logs', 'reads'], known);
  t.strictSame(asked, { help: false, quick: false, events: 1_000_000, log: 'logs', names: ['reads'] });
  t.equal(parseArguments(['--quick'], known).events, 20_000);
  t.throws(() => parseArguments(['raeds'], known), { message: 'there is no benchmark raeds; there are append, reads' });
  t.throws(() => parseArguments(['--events', 'many'], known), /--events many is no number/);
  t.throws(() => parseArguments(['--fast'], known), /--fast/);
  t.match(helpText([{ name: 'append', title: 'Append in process' }]), '  append  Append in process');
});

t.test('the history of a long log has work for every table, and is the same each time', async (t) => {
  const start = 1_767_225_600_000;
  const made = () => {
    const history = new History(start);
    const batches = Array.from({ length: 10 }, (_, i) => history.next(1_000, start + i * dayMs, 'some id'));
    return [...history.beginning(), ...batches.flat()];
  };
  const inputs = made();
  t.equal(inputs.length, 10_000 + agents.length);
  const types = new Set(inputs.map(({ type }) => type));
  t.strictSame([...types].sort(), [
    'agent.paused',
    'agent.resumed',
    'day.closed',
    'identity.changed',
    'identity.registered',
    'quota.read',
    'usage.corrected',
    'usage.recorded',
  ]);
  t.ok(inputs.filter(({ type }) => type === 'usage.recorded').length > 9_900);
  t.strictSame(made(), inputs);
});
