/** The hook of a client: how long a person who pressed Enter waits for the daemon, in a small pool and in the largest. */
import { limits } from '../src/limits.js';
import { spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Scale } from './benchmark.js';
import { startEmptyRoute } from './empty-route.js';
import { medianLoad } from './http.js';
import { type LoadResult, portOf, type Request, runLoad } from './load.js';
import { median, runsOf, withFolder } from './measure.js';
import { cpuMsOf } from './processor.js';
import type { Figure } from './target.js';

const answerMsMax = 10;
const pools = [10, limits.identitiesMax - 1];
const events = ['UserPromptSubmit', 'PreToolUse'] as const;
type HookEvent = (typeof events)[number];

export const hooks: Benchmark = {
  title: 'Hooks',
  question:
    'From a request of the hook of Claude Code to its answer, over one connection, where turns are enforced and a window was read: of a prompt, which is answered with share and wait, and of a tool, which is answered with nothing. On a machine that does something else the processor time says more. Against an empty fastify route; the three alternate.',
  async run(scale) {
    const figures: Figure[] = [];
    for (const identities of pools) figures.push(...(await ofPool(scale, identities)));
    return { figures };
  },
};

const ofPool = (scale: Scale, identities: number): Promise<Figure[]> =>
  withFolder(async (folder) => {
    const daemon = await spawnDaemon(folder);
    const route = await startEmptyRoute();
    try {
      await fill(daemon.url, identities);
      const seconds = scale.quick ? 0.8 : 5;
      const common = { connections: 1, seconds, warmSeconds: scale.quick ? 0.3 : 1 };
      const results: Record<HookEvent, LoadResult[]> = { UserPromptSubmit: [], PreToolUse: [] };
      const empty: LoadResult[] = [];
      const work: Record<HookEvent, number[]> = { UserPromptSubmit: [], PreToolUse: [] };
      for (const _ of runsOf(scale, `hooks in a pool of ${identities}`)) {
        empty.push(await runLoad({ ...common, port: route.port, requests: [emptyRequest] }));
        for (const event of events) {
          const load = { ...common, port: portOf(daemon.url), requests: [hookOf(event)] };
          results[event].push(await runLoad(load));
          const before = cpuMsOf(daemon.pid);
          const { answers } = await runLoad({ ...load, warmSeconds: 0 });
          work[event].push((cpuMsOf(daemon.pid) - before) / answers);
        }
      }
      const baseline = { name: 'empty route', value: medianLoad(empty).p99Ms };
      return events.flatMap((event) => [
        {
          name: `${event}, p99, ${identities} agents`,
          value: medianLoad(results[event]).p99Ms,
          unit: 'ms',
          baseline,
          target: { atMost: answerMsMax },
        },
        {
          name: `${event}, on average, ${identities} agents`,
          value: median(work[event]),
          unit: 'ms of processor time',
          target: { atMost: answerMsMax },
        },
      ]);
    } finally {
      await route.stop();
      await daemon.stop();
    }
  });

const emptyRequest: Request = {
  path: '/increment',
  body: JSON.stringify({ claude_name: 'Agent-1', mode: 'autonomy' }),
};

const hookOf = (event: HookEvent): Request => ({
  path: '/v1/hooks/claude?agent=Agent-1',
  body: JSON.stringify({
    session_id: '7f3c',
    transcript_path: '/home/ada/.claude/projects/-srv-p1/7f3c.jsonl',
    cwd: '/srv/p1',
    permission_mode: 'default',
    hook_event_name: event,
    ...(event === 'UserPromptSubmit' ? { prompt: words } : { tool_name: 'Bash', tool_input: { command: words } }),
  }),
});

const words = 'look at the last change and say what of it is missing in the guide. '.repeat(30);

async function fill(url: string, identities: number): Promise<void> {
  const resetsAt = Date.now() + 86_400_000;
  const commands = [
    { type: 'policy.set', payload: { mode: 'enforce' } },
    ...Array.from({ length: identities }, (_, i) => register(`Agent-${i}`)),
    { type: 'quota.read', payload: { windows: [{ key: 'week_all', percent_bp: 4_000, resets_at: resetsAt }] } },
    ...Array.from({ length: identities }, (_, i) => use(`Agent-${i}`)),
  ];
  for (let at = 0; at < commands.length; at += limits.arrayCommandsMax) {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(commands.slice(at, at + limits.arrayCommandsMax)),
    });
    const outcomes = (await answer.json()) as readonly { readonly status: string }[];
    if (!answer.ok || outcomes.some(({ status }) => status === 'rejected')) throw new Error(JSON.stringify(outcomes));
  }
}

const register = (name: string) => ({ type: 'identity.registered', payload: { name } });
const use = (name: string) => ({
  type: 'usage.recorded',
  payload: { name, mode: 'autonomy', cost_micro_usd: 125_000 },
});
