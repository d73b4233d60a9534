// At 100 % the agents went on: each had been told to wait, and none had to. Where turns are enforced, an agent that ignores
// every interval, and asks and reports all the time, gets no turn until the window has room again.
import t from 'tap';
import { type ListeningServer, listeningServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { hours, minutes, noon } from '../support/fold.js';

interface Answer {
  readonly status: number;
  readonly retryAfter: number;
  readonly body: { readonly cause?: string; readonly turn?: string; readonly token?: number };
}

class RudeAgent {
  readonly #server: ListeningServer;
  constructor(server: ListeningServer) {
    this.#server = server;
  }

  async post(path: string, body: object): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.#server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const retryAfter = Number(response.headers.get('retry-after') ?? 0);
    return { status: response.status, retryAfter, body: (await response.json()) as Answer['body'] };
  }

  ask(): Promise<Answer> {
    return this.post('/v1/turns', { name: 'Rude', ttl_s: 120 });
  }

  async report(): Promise<void> {
    await this.post('/resource-share/increment', { claude_name: 'Rude', mode: 'autonomy', cost_delta: 0.4 });
  }

  async read(percent: number, resetsAt: number): Promise<void> {
    const windows = [{ key: 'session_5hour', percent_bp: percent * 100, resets_at: resetsAt }];
    const { status } = await this.post('/v1/events', { type: 'quota.read', payload: { windows } });
    if (status !== 201) throw new Error(`the reading was answered ${status}`);
  }
}

/** A server where turns are enforced, and an agent whose window has just become full; it resets three hours later. */
async function fullWindow(t: Parameters<typeof listeningServer>[0]) {
  const clock = new ManualClock(noon);
  const server = await listeningServer(t, { clock });
  const agent = new RudeAgent(server);
  await agent.post('/v1/events', { type: 'policy.set', payload: { mode: 'enforce' } });
  const resetsAt = clock.now() + hours(4);
  await agent.read(60, resetsAt);
  const first = await agent.ask();
  await agent.post(`/v1/turns/${first.body.turn}/settle`, {
    token: first.body.token,
    usage: { cost_micro_usd: 400_000 },
  });
  clock.advance(hours(1));
  await agent.read(100, resetsAt);
  return { server, agent, clock, resetsAt, first };
}

t.test('after a reading of 100 % no turn is granted until the reset has passed', async (t) => {
  const { server, agent, clock, resetsAt, first } = await fullWindow(t);
  t.equal(first.status, 201, 'before, it may run');
  const causes = new Set<string | undefined>();
  let late = 0;
  while (clock.now() < resetsAt) {
    const { status, retryAfter, body } = await agent.ask();
    if (status !== 429) t.fail(`granted ${(resetsAt - clock.now()) / 1_000} s before the reset`);
    if (clock.now() + retryAfter * 1_000 < resetsAt) late += 1;
    causes.add(body.cause);
    await agent.report();
    clock.advance(minutes(1));
  }
  t.strictSame([...causes], ['window-exhausted']);
  t.equal(late, 0, 'it is never told to come back before the reset');
  const uses = (await server.test.events()).filter(({ type }) => type === 'usage.recorded').slice(1);
  t.equal(uses.length, 180, 'what it used all the same is on record');
  t.ok(
    uses.every(({ payload }) => 'without_turn' in payload && payload.without_turn),
    'each flagged',
  );
  const alerts = (await server.test.events()).filter(({ type }) => type === 'alert.raised');
  t.match(
    alerts.map(({ payload }) => payload),
    [{ rule: 'report-without-turn', subject: 'Rude' }],
    'one alert',
  );

  const afterReset = await agent.ask();
  t.match(afterReset, { status: 429, body: { cause: 'before-its-time' } }, 'it has just run');
  clock.advance(afterReset.retryAfter * 1_000);
  t.equal((await agent.ask()).status, 201, 'once it has waited, it may');
});

t.test('turns are granted again when the percentage falls', async (t) => {
  const { agent, clock, resetsAt } = await fullWindow(t);
  for (let i = 0; i < 30; i++) {
    t.equal((await agent.ask()).status, 429);
    clock.advance(minutes(1));
  }
  for (let i = 0; i < 2; i++) {
    await agent.read(5, resetsAt);
    clock.advance(minutes(1));
  }
  t.equal((await agent.ask()).status, 201);
});

t.test('a provider that refuses work stops turns as a reading does', async (t) => {
  const { agent, clock } = await fullWindow(t);
  clock.advance(hours(4));
  t.equal((await agent.ask()).status, 201);
  const until = clock.now() + hours(1);
  const payload = { window: 'week_all', until, evidence: 'status 429' };
  await agent.post('/v1/events', { type: 'quota.exhausted', payload });
  clock.advance(minutes(10));
  t.match(await agent.ask(), { status: 429, body: { cause: 'window-exhausted' } });
  clock.goTo(until);
  t.equal((await agent.ask()).status, 201);
});
