/** The kinds of jobs that are known: those of this program, and those that others do, which the settings declare. */
import * as z from 'zod';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { AnyJob } from './registry.js';

/** What is known of a kind, whoever does it. */
export interface Kind {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own.
  readonly payload: z.ZodType<any>;
  readonly attemptsMax: number;
  readonly leaseMs: number;
  dedupe?(payload: object): string;
}

/** A kind that workers outside of this program claim over HTTP. */
export interface OutsideKind {
  readonly attempts?: number | undefined;
  readonly lease_ms?: number | undefined;
  /** JSON Schema. */
  readonly payload?: object | undefined;
}

export class Kinds {
  readonly #kinds = new Map<string, Kind>();
  /** Names of those that are done outside. */
  readonly outside: readonly string[];

  /** Throws `setting_invalid` where a schema cannot be read. */
  constructor(
    jobs: readonly AnyJob[],
    outside: Readonly<Record<string, OutsideKind>> = {},
    leaseMs: number = limits.jobLeaseMs,
  ) {
    for (const job of jobs) this.#kinds.set(job.kind, { ...job, attemptsMax: job.attemptsMax ?? limits.jobAttempts });
    for (const [kind, { attempts = limits.jobAttempts, lease_ms: ownLeaseMs = leaseMs, payload }] of Object.entries(
      outside,
    ))
      this.#kinds.set(kind, { kind, attemptsMax: attempts, leaseMs: ownLeaseMs, payload: schemaOf(kind, payload) });
    this.outside = Object.keys(outside);
  }

  get names(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  /** Throws `job_kind_unknown`. */
  get(name: string): Kind {
    const kind = this.#kinds.get(name);
    if (kind !== undefined) return kind;
    throw new Problem('job_kind_unknown', `${name.slice(0, 100)} is none of: ${this.names.join(', ')}`);
  }
}

/** Without one, any object will do. */
function schemaOf(kind: string, schema: object | undefined): z.ZodType {
  if (schema === undefined) return z.record(z.string(), z.unknown());
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw new Problem(
      'setting_invalid',
      `jobs.kinds: the payload of ${kind} is no JSON Schema: ${(error as Error).message}`,
    );
  }
}
