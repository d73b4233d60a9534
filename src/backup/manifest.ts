/** The manifest of a backup: what it holds and how it is written, as a file beside it that a changed byte does not survive. */
import * as z from 'zod';
import { sha256 } from '../events/chain.js';
import { poolId } from '../events/scalars.js';
import { Problem } from '../problems.js';

/** Of the manifest and of what it speaks of. A later release reads all that there were. */
export const manifestFormat = 1;

/** How events are written: in columns, as the archive keeps them, or as lines of an export, compressed by what their name says. */
export const packings = ['segment', 'brotli', 'gzip'] as const;
export type Packing = (typeof packings)[number];

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** Begins with the time it was made at, so that ids sort by it. */
const backupId = z.string().regex(/^\d{8}T\d{9}Z$/);
const count = z.int().min(0);

/** Named by the backup that wrote it: an older one is part of later ones, where what it holds has not changed. */
const file = z.strictObject({
  name: z.string().regex(/^\d{8}T\d{9}Z\/[a-z0-9][a-z0-9_.-]*$/),
  bytes: count,
  sha256: sha256Hex,
});

const events = z.strictObject({ pool: poolId, first: z.int().min(1), last: z.int().min(1), ...file.shape });

const schema = z.strictObject({
  format: z.literal(manifestFormat),
  id: backupId,
  kind: z.enum(['log', 'snapshot']),
  /** Id of the first event there ever was. */
  ledger: z.string().min(1),
  /** Of the release that wrote it. */
  version: z.string(),
  created_at: z.iso.datetime(),
  packing: z.enum(packings),
  encrypted: z.boolean(),
  /** Whom it is encrypted for. */
  recipients: z.array(z.string()),
  /** In the order in which they were opened. `checkpoint` is the last one that was signed, where it was. */
  pools: z.array(z.strictObject({ pool: poolId, seq: count, head: sha256Hex, checkpoint: z.string().nullable() })),
  /** Of a log backup its events, of a snapshot the database. */
  files: z.array(z.union([events, file])),
  /** What a new machine needs beside the ledger; null where it was left out. */
  machine: file.nullable(),
});

export type Manifest = z.output<typeof schema>;
export type BackupFile = z.output<typeof file>;
export type EventsFile = z.output<typeof events>;
export type BackupKind = Manifest['kind'];

export const isBackupId = (text: string): boolean => backupId.safeParse(text).success;

export const idAt = (at: number): string => new Date(at).toISOString().replace(/[-:.]/g, '');

/** Those of a pool, oldest first. */
export const eventsFilesOf = ({ files }: Manifest, pool: string): EventsFile[] =>
  files.filter((each): each is EventsFile => 'pool' in each && each.pool === pool);

/** All that belongs to it. */
export const filesOf = ({ files, machine }: Manifest): readonly BackupFile[] =>
  machine === null ? files : [...files, machine];

export const eventsIn = ({ pools }: Manifest): number => pools.reduce((sum, { seq }) => sum + seq, 0);

export const manifestText = (manifest: Manifest): string => sealedText(manifest);

/** Throws a `Problem` where it is not as it was written, or of a release that this one does not know. */
export function parseManifest(text: string, id: string): Manifest {
  const read = unsealed(text);
  const format = (read as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > manifestFormat)
    throw new Problem(
      'backup_damaged',
      `the backup ${id} has format ${format}, which is of a newer release than this one`,
    );
  const manifest = schema.safeParse(read);
  if (manifest.success && manifest.data.id === id) return manifest.data;
  throw new Problem('backup_damaged', `the manifest of the backup ${id} is not as it was written`);
}

/** When a backup was last verified whole. */
const verification = z.strictObject({
  id: backupId,
  verified_at: z.iso.datetime(),
  version: z.string(),
  events: count,
});
export type Verification = z.output<typeof verification>;

export const verificationText = (verified: Verification): string => sealedText(verified);

/** Null where the text is none of this backup. */
export function parseVerification(text: string, id: string): Verification | null {
  const read = verification.safeParse(unsealed(text));
  return read.success && read.data.id === id ? read.data : null;
}

function sealedText(content: object): string {
  return `${JSON.stringify({ ...content, digest: sha256(JSON.stringify(content)) }, null, 2)}\n`;
}

/** Null where it is not, byte for byte, what `sealedText` writes. */
function unsealed(text: string): unknown {
  try {
    const { digest: _, ...content } = JSON.parse(text);
    return sealedText(content) === text ? content : null;
  } catch {
    return null;
  }
}
