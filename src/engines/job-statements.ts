/**
 * The statements of `JobStore`, the same for both engines but for a few words. A claim is one conditional update by id: of two that
 * found the same job, one changes nothing, and looks again. Rows are not skipped while others have them locked: not every server that
 * speaks the protocol can.
 */
import { limits } from '../limits.js';

export interface JobWords {
  /** The clock, read once for each statement. */
  readonly now: string;
  /** Another number from 0 to 1 for each row. */
  readonly chance: string;
  /** One parameter as a table with the column `value`. */
  readonly values: string;
}

const states = `('pending', 'running')`;

/** Full jitter: anything between none and twice as long as before, up to ten minutes. */
const backoff = ({ chance }: JobWords): string =>
  `CAST(${chance} * CASE WHEN attempts > 7 THEN ${limits.jobBackoffMsMax}
    ELSE ${limits.jobBackoffMs} * power(2, attempts - 1) END AS BIGINT)`;

/** A claim ends: in which state, but for one that was cancelled meanwhile. */
const ending = (words: JobWords, state: string): string => `UPDATE jobs SET lease_until = NULL,
  state = CASE WHEN cancel_at IS NOT NULL THEN 'cancelled' ELSE ${state} END,
  finished_at = CASE WHEN cancel_at IS NULL AND ${state} = 'pending' THEN NULL ELSE ${words.now} END`;

const afterFailure = `CASE WHEN attempts >= attempts_max THEN 'dead' ELSE 'pending' END`;

export function jobStatements(words: JobWords) {
  const { now, values } = words;
  const isHeld = `id = ? AND token = ? AND state = 'running' AND lease_until > ${now}`;
  return {
    waiting: `SELECT count(*) AS waiting FROM (SELECT 1 FROM jobs WHERE state = 'pending' LIMIT ?) AS counted`,
    add: `INSERT INTO jobs (id, pool, kind, payload, state, run_at, priority, attempts, attempts_max, token, dedupe, schedule, created_at)
      VALUES (?, ?, ?, ?, 'pending', COALESCE(CAST(? AS BIGINT), ${now}), ?, 0, ?, 0, ?, ?, ${now})
      ON CONFLICT (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ${states} DO NOTHING`,
    active: `SELECT id FROM jobs WHERE kind = ? AND dedupe = ? AND state IN ${states}`,
    fire: 'INSERT INTO schedule_fires VALUES (?, ?, ?) ON CONFLICT (schedule, instant) DO NOTHING',
    look: `SELECT 'due' AS what, value AS kind, (SELECT id FROM jobs WHERE state = 'pending' AND kind = value AND run_at <= ${now}
        ORDER BY priority, run_at, id LIMIT 1) AS id
      FROM ${values} WHERE NOT EXISTS (SELECT 1 FROM paused_jobs WHERE kind IN (value, '*'))
      UNION ALL SELECT 'expired', '', (SELECT id FROM jobs WHERE state = 'running' AND lease_until <= ${now} LIMIT 1)
      UNION ALL SELECT 'paused', kind, '' FROM paused_jobs`,
    claim: `UPDATE jobs SET state = 'running', token = token + 1, attempts = attempts + 1, holder = ?,
        lease_until = ${now} + CAST(? AS BIGINT), started_at = ${now}, progress = NULL
      WHERE id = ? AND state = 'pending' AND run_at <= ${now}
      RETURNING id, token, pool, kind, payload, attempts, attempts_max AS "attemptsMax", run_at AS "runAt", schedule`,
    held: `SELECT id, token FROM jobs WHERE id = ? AND state = 'running' AND cancel_at IS NULL AND lease_until > ${now}`,
    renew: `UPDATE jobs SET lease_until = ${now} + CAST(? AS BIGINT), progress = COALESCE(?, progress)
      WHERE ${isHeld} RETURNING cancel_at AS "cancelAt"`,
    complete: `${ending(words, `'succeeded'`)}, result = ?, error = NULL, progress = COALESCE(?, progress)
      WHERE ${isHeld} RETURNING state`,
    retried: `${ending(words, afterFailure)}, run_at = ${now} + ${backoff(words)}, error = ?, progress = COALESCE(?, progress)
      WHERE ${isHeld} RETURNING state`,
    failed: `${ending(words, `'failed'`)}, error = ?, progress = COALESCE(?, progress) WHERE ${isHeld} RETURNING state`,
    dead: `${ending(words, `'dead'`)}, error = ?, progress = COALESCE(?, progress) WHERE ${isHeld} RETURNING state`,
    giveBack: `${ending(words, `'pending'`)}, attempts = attempts - 1, run_at = ${now} + CAST(? AS BIGINT), error = COALESCE(?, error)
      WHERE id = ? AND token = ? AND state = 'running' RETURNING state`,
    reclaim: `${ending(words, afterFailure)}, run_at = ${now} + ${backoff(words)}, error = 'whoever ran it did not renew its claim'
      WHERE state = 'running' AND lease_until <= ${now} AND id IN (SELECT id FROM jobs
        WHERE state = 'running' AND lease_until <= ${now} ORDER BY lease_until, id LIMIT ?)
      RETURNING id, kind, pool, state, attempts`,
    cancel: `UPDATE jobs SET cancel_at = ${now}, state = CASE WHEN state = 'pending' THEN 'cancelled' ELSE state END,
        finished_at = CASE WHEN state = 'pending' THEN ${now} ELSE finished_at END
      WHERE id = ? AND state IN ${states} RETURNING state`,
    rival: `SELECT other.id FROM jobs JOIN jobs AS other ON other.kind = jobs.kind AND other.dedupe = jobs.dedupe
      WHERE jobs.id = ? AND other.id <> jobs.id AND other.state IN ${states}`,
    restart: `UPDATE jobs SET state = 'pending', run_at = ${now}, attempts = 0, cancel_at = NULL, finished_at = NULL, result = NULL
      WHERE id = ? AND state <> 'running'`,
    discard: `DELETE FROM jobs WHERE id = ? AND state <> 'running'`,
    pause: `INSERT INTO paused_jobs VALUES (?, ${now}) ON CONFLICT (kind) DO NOTHING`,
    resume: 'DELETE FROM paused_jobs WHERE kind = ?',
    trimOld: `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
      WHERE state = ? AND finished_at < ${now} - CAST(? AS BIGINT) ORDER BY finished_at LIMIT ?)`,
    trimMany: `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs
      WHERE state = ? AND finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT ? OFFSET ?)`,
    trimFires: `DELETE FROM schedule_fires WHERE instant < ${now} - CAST(? AS BIGINT)
      AND instant < (SELECT max(instant) FROM schedule_fires AS newer WHERE newer.schedule = schedule_fires.schedule)`,
  } as const;
}

/** What `look` gives. */
export interface LookRow {
  readonly what: 'due' | 'expired' | 'paused';
  readonly kind: string;
  readonly id: string | null;
}

export const foundWork = (rows: readonly LookRow[]) => ({
  due: rows.flatMap(({ what, kind, id }) => (what === 'due' && id !== null ? [{ kind, id }] : [])),
  expired: rows.some(({ what, id }) => what === 'expired' && id !== null),
  paused: rows.flatMap(({ what, kind }) => (what === 'paused' ? [kind] : [])),
});

export const finishedStates = ['succeeded', 'failed', 'dead', 'cancelled'] as const;
