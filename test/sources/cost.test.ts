// Goal: a cost that was told is taken where who told it knows it, and is worked out otherwise.
import t from 'tap';
import { meterRanks } from '../../src/events/meter.js';
import { PriceBook } from '../../src/prices/book.js';
import { anthropicResponse } from '../../src/sources/anthropic-response.js';
import { costOfUse } from '../../src/sources/cost.js';
import type { UseSeen } from '../../src/sources/source.js';
import { onlyUse } from '../support/answers.js';

const book = new PriceBook();
const seen = onlyUse(
  anthropicResponse,
  '{"type":"message","id":"m","model":"claude-opus-5","usage":{"input_tokens":1000}}',
);
const cost = (change: Partial<UseSeen>) => costOfUse(book, { ...seen, ...change });

t.test('who tells a cost knows it, but for telemetry of a model that is not in the book', async (t) => {
  t.same(cost({ costUsd: 2, model: 'claude-opus-9' }), { source: 'reported', costUsd: 2 });
  t.same(cost({ costUsd: 2, rank: 'telemetry' }), { source: 'reported', costUsd: 2 });
  t.same(cost({ costUsd: 0, rank: 'telemetry' }), { source: 'reported', costUsd: 0 });
  t.same(cost({ costUsd: 2, rank: 'telemetry', model: 'claude-opus-9' }), {
    source: 'unpriced',
    costUsd: null,
    why: 'unknown-model',
  });
  t.same(cost({ costUsd: 2, rank: 'telemetry', model: null }), { source: 'unpriced', costUsd: null, why: 'no-model' });
});

t.test('a sum is believed as telemetry is, whatever its rank', async (t) => {
  const sum = { costUsd: 2, isStopgap: true } as const;
  t.same(cost(sum), { source: 'reported', costUsd: 2 });
  for (const rank of meterRanks) {
    t.match(cost({ ...sum, rank, model: 'claude-opus-9' }), { source: 'unpriced', why: 'unknown-model' }, rank);
    t.match(cost({ ...sum, rank, model: null }), { source: 'unpriced', why: 'no-model' }, rank);
  }
});

t.test('what nobody told is worked out for the time of the use', async (t) => {
  t.match(cost({}), { source: 'computed', costUsd: 0.005 });
  t.match(cost({ model: 'claude-sonnet-5-5' }), { source: 'unpriced', why: 'no-price-then' });
  t.match(cost({ pricing: { geo: 'us' } }), { source: 'computed', costUsd: 0.0055 });
});
