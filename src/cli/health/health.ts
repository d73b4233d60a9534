/** How a daemon does, in one word and with the reasons: what supervisors and people ask first. */
import type { AskDaemon, DaemonAnswer } from '../ask-daemon.js';

/** `down`: nothing can be recorded. `degraded`: everything is recorded, and somebody should look. */
export type HealthState = 'healthy' | 'degraded' | 'down';

export interface Reason {
  readonly part: string;
  /** A sentence. */
  readonly text: string;
  /** What to do. */
  readonly remedy: string;
}

export interface Health {
  readonly state: HealthState;
  readonly reasons: readonly Reason[];
  /** What it says of itself; null where it does not answer. */
  readonly figures: {
    readonly version: string;
    readonly pool: string;
    readonly seq: number;
    readonly identities: number;
    readonly queued: number;
    readonly alerts_open: number;
  } | null;
}

/** Alerts about the daemon itself; those about agents and windows are no fault of it. */
const ofDaemon = new Set([
  'job-dead',
  'job-stuck',
  'backup-old',
  'checkpoint-old',
  'log-rewritten',
  'disk-low',
  'delivery-dead',
  'audit-behind',
  'clock-suspect',
  'events-lost',
  'quota-stale',
]);

/** More that wait than this are more than a daemon catches up with in a moment. */
const queuedMax = 100;

export async function healthOf(ask: AskDaemon, pool: string | undefined): Promise<Health> {
  const query = pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`;
  let ready: DaemonAnswer;
  let health: DaemonAnswer;
  try {
    [ready, health] = await Promise.all([ask('ready'), ask(`health${query}`)]);
  } catch (error) {
    const text = `The daemon does not answer: ${sentence((error as Error).message)}`;
    const remedy =
      'Start it: `resource-share serve`, or its service; `resource-share doctor` says what keeps it from starting.';
    return { state: 'down', reasons: [{ part: 'daemon', text, remedy }], figures: null };
  }
  const { body } = health;
  const figures =
    typeof body.seq === 'number'
      ? {
          version: String(body.version),
          pool: String(body.pool),
          seq: Number(body.seq),
          identities: Number(body.claudes_registered),
          queued: Number(body.queued),
          alerts_open: Number(body.alerts.open),
        }
      : null;
  const failed = [ready, health].find(({ status }) => status !== 200);
  if (failed !== undefined) return { state: 'down', reasons: [failedReason(failed)], figures };
  const reasons = [...(await alertReasons(ask, query)), ...queueReason(body.queued)];
  return { state: reasons.length === 0 ? 'healthy' : 'degraded', reasons, figures };
}

function failedReason({ status, body }: DaemonAnswer): Reason {
  return {
    part: body?.part ?? 'daemon',
    text: sentence(body?.detail ?? `It answered ${status}`),
    remedy: body?.remedy ?? 'Look into its log.',
  };
}

async function alertReasons(ask: AskDaemon, query: string): Promise<Reason[]> {
  const { status, body } = await ask(`v1/alerts${query}`);
  if (status !== 200) return [];
  const open = (body.alerts as { readonly rule: string; readonly text: string }[]).filter(({ rule }) =>
    ofDaemon.has(rule),
  );
  return open.map(({ rule, text }) => ({
    part: rule,
    text: sentence(text),
    remedy: `See docs/operating/alerts.md under ${rule}; \`resource-share doctor\` looks closer.`,
  }));
}

function queueReason(queued: number): Reason[] {
  if (queued <= queuedMax) return [];
  return [
    {
      part: 'queue',
      text: `${queued} commands wait for their transaction.`,
      remedy: 'See docs/operating/troubleshooting.md#it-is-slow.',
    },
  ];
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
