// Goal: jobs are added, claimed and ended over HTTP, and whoever lost a job changes nothing, neither of it nor of the log.
import t from 'tap';
import { buildServer } from '../../src/api/server.js';
import { Work } from '../../src/jobs/work.js';
import { variants } from '../support/engines.js';
import type { Scope } from '../support/folder.js';
import { pool, temporaryLedger } from '../support/ledger.js';
import { silent } from './support.js';

const outside = {
  'x.report': {
    attempts: 2,
    payload: {
      type: 'object',
      properties: { week: { type: 'integer' } },
      required: ['week'],
      additionalProperties: false,
    },
  },
  'x.any': {},
};

async function server(t: Scope, engine: (typeof variants)[number]) {
  const test = await temporaryLedger(t, { engine });
  const app = buildServer(test.ledger, { ...silent, work: new Work(test.ledger, { outside }) });
  t.teardown(() => app.close());
  const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const answer = await app.inject({ method, url: `/v1/${url}`, ...(payload === undefined ? {} : { payload }) });
    return { status: answer.statusCode, ...answer.json() };
  };
  return {
    test,
    get: (url: string) => ask('GET', url),
    post: (url: string, body: object = {}) => ask('POST', url, body),
  };
}

for (const engine of variants) {
  t.test(engine.name, async (t) => {
    t.test('a declared kind is added, claimed, renewed and completed', async (t) => {
      const { get, post } = await server(t, engine);
      const { id } = await post('jobs', { kind: 'x.report', payload: { week: 2 } });
      t.match(await get(`jobs/${id}`), { status: 200, state: 'pending', payload: { week: 2 }, attempts_max: 2 });
      const { job } = await post('jobs/claim', { kinds: ['x.report'], worker: 'desk' });
      t.match(job, { id, token: 1, kind: 'x.report', payload: { week: 2 }, attempt: 1, lease_ms: 300_000 });
      t.match(await post('jobs/claim'), { status: 200, job: null });
      t.match(await post('jobs/heartbeat', { id, token: 1, progress: 0.5 }), { status: 200, cancelled: false });
      t.match(await get(`jobs/${id}`), { state: 'running', holder: 'desk', progress: 0.5 });
      t.match(await post('jobs/complete', { id, token: 1, result: { lines: 12 } }), {
        status: 200,
        state: 'succeeded',
      });
      t.match(await get('jobs?state=succeeded&kind=x.report'), { jobs: [{ id, result: { lines: 12 } }] });
    });

    t.test('what is wrong is refused by name', async (t) => {
      const { get, post } = await server(t, engine);
      t.match(await post('jobs', { kind: 'x.unknown' }), { status: 404, code: 'job_kind_unknown' });
      t.match(await post('jobs', { kind: 'x.report', payload: { week: 'two' } }), {
        status: 422,
        code: 'invalid_field',
        errors: [{ field: 'payload.week' }],
      });
      t.match(await post('jobs/claim', { kinds: ['daily-aggregate'] }), { status: 404, code: 'job_kind_unknown' });
      t.match(await post('jobs/complete', { id: 'none', token: 1 }), { status: 409, code: 'job_fenced' });
      t.match(await get('jobs/none'), { status: 404, code: 'job_unknown' });
      t.match(await post('jobs/none/cancel'), { status: 404, code: 'job_unknown' });
      t.match(await get('jobs?state=asleep'), { status: 400, code: 'request_invalid' });
      t.match(await post('jobs/pause', { kind: 'unknown', paused: true }), { status: 404, code: 'job_kind_unknown' });
    });

    t.test('whoever lost a job changes nothing, neither of it nor of the log', async (t) => {
      const { get, post, test } = await server(t, engine);
      const { id } = await post('jobs', { kind: 'x.any' });
      await post('jobs/claim');
      // Its time is over.
      await engine.meddle(test.place, 'UPDATE jobs SET lease_until = 1');
      const command = { type: 'alert.raised', payload: { rule: 'mine', subject: 'x', text: 'done', dedupe_key: 'x' } };
      const zombie = { id, token: 1, result: 'zombie', command };
      t.match(await post('jobs/complete', zombie), { status: 409, code: 'job_fenced' }, 'though nobody has it yet');
      t.match(await post('jobs/claim'), { job: null }, 'it is taken back, and waits for a while');
      await engine.meddle(test.place, 'UPDATE jobs SET run_at = 1');
      t.match(await post('jobs/claim'), { job: { id, token: 2, attempt: 2 } });
      t.match(await post('jobs/heartbeat', { id, token: 1 }), { status: 409, code: 'job_fenced' });
      t.match(await post('jobs/complete', zombie), { status: 409, code: 'job_fenced' });
      t.match(await post('jobs/fail', { id, token: 1, error: 'zombie' }), { status: 409, code: 'job_fenced' });
      const alerts = () => test.ledger.readEvents(pool, { types: ['alert.raised'], limit: 10 });
      t.strictSame(await alerts(), []);
      t.match(await post('jobs/complete', { ...zombie, token: 2, result: 'second' }), { state: 'succeeded' });
      t.match(await get(`jobs/${id}`), { state: 'succeeded', result: 'second' });
      t.match(await alerts(), [{ key: `job:${id}:2`, payload: { rule: 'mine' } }]);
    });

    t.test('a job that fails is tried again, unless it says that this is no use; at last it is dead', async (t) => {
      const { post, test } = await server(t, engine);
      const { id } = await post('jobs', { kind: 'x.report', payload: { week: 2 } });
      await post('jobs/claim');
      t.match(await post('jobs/fail', { id, token: 1, error: 'gone' }), { state: 'pending' });
      await engine.meddle(test.place, 'UPDATE jobs SET run_at = 1');
      await post('jobs/claim');
      t.match(await post('jobs/fail', { id, token: 2, error: 'gone' }), { state: 'dead' });
      t.match(await test.ledger.readEvents(pool, { types: ['alert.raised'], limit: 9 }), [
        { payload: { rule: 'job-dead', subject: 'x.report' } },
      ]);
      t.match(await post(`jobs/${id}/retry`), { status: 200, state: 'pending' });
      await post('jobs/claim');
      t.match(await post('jobs/fail', { id, token: 3, error: 'no such week', retry: false }), { state: 'failed' });
      t.match(await post(`jobs/${id}/discard`), { status: 200 });
      t.match(await post(`jobs/${id}/retry`), { status: 404, code: 'job_unknown' });
    });

    t.test('a cancelled job stays cancelled', async (t) => {
      const { get, post } = await server(t, engine);
      const { id } = await post('jobs', { kind: 'x.any' });
      await post('jobs/claim');
      t.match(await post(`jobs/${id}/discard`), { status: 409, code: 'job_running' });
      t.match(await post(`jobs/${id}/cancel`), { status: 200, state: 'running' });
      t.match(await post('jobs/heartbeat', { id, token: 1 }), { cancelled: true });
      const command = { type: 'alert.raised', payload: { rule: 'mine', subject: 'x', text: 'done', dedupe_key: 'x' } };
      t.match(await post('jobs/complete', { id, token: 1, command }), { status: 409, code: 'job_fenced' });
      t.match(await post('jobs/complete', { id, token: 1, result: 1 }), { state: 'cancelled' });
      t.match(await post(`jobs/${id}/cancel`), { status: 409, code: 'job_ended' });
      t.match(await get(`jobs/${id}`), { state: 'cancelled' });
    });

    t.test('while a job with the same dedupe key is active, it is named instead', async (t) => {
      const { post } = await server(t, engine);
      const asked = { kind: 'x.any', dedupe: 'week 2' };
      const first = await post('jobs', asked);
      t.match(first, { status: 'added' });
      t.match(await post('jobs', asked), { status: 'active', id: first.id });
      await post('jobs/claim');
      await post('jobs/complete', { id: first.id, token: 1 });
      t.not((await post('jobs', asked)).id, first.id);
    });

    t.test('schedules say when they come next', async (t) => {
      const { get, post } = await server(t, engine);
      const wanted = {
        schedule: 'daily-aggregate:default',
        when: '0 0 * * *',
        next: '2026-01-06T00:00:00.000Z',
        last: null,
      };
      t.match(await get('schedules'), { schedules: [{ ...wanted, paused: false }] });
      t.match(await post('jobs/pause', { kind: 'daily-aggregate', paused: true }), { status: 200 });
      t.match(await get('schedules'), { schedules: [{ paused: true }] });
    });
  });
}
