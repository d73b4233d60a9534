/** The storage, and what is done that the log is not lost or changed. */
import { type Family, one } from '../family.js';

const seconds = (at: number | null | undefined): number | null => (at == null ? null : at / 1_000);

export const storageFamilies: readonly Family[] = [
  {
    name: 'wal_bytes',
    type: 'gauge',
    help: 'Size of the write-ahead log of SQLite; 0 on PostgreSQL, whose own is its own concern.',
    labels: [],
    read: ({ storage }) => one(storage?.walBytes ?? null),
  },
  {
    name: 'data_bytes',
    type: 'gauge',
    help: 'Size of the database.',
    labels: [],
    read: ({ storage }) => one(storage?.databaseBytes ?? null),
  },
  {
    name: 'disk_free_bytes',
    type: 'gauge',
    help: 'What is free on the disk of the data directory. Left out on PostgreSQL.',
    labels: [],
    read: ({ operation }) => one(operation?.disk?.freeBytes ?? null),
  },
  {
    name: 'backup_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest backup was made. Left out where the daemon makes none, and before the first.',
    labels: [],
    read: ({ operation }) => one(seconds(operation?.backup?.lastAt)),
  },
  {
    name: 'checkpoint_last_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest checkpoint of a log was signed. A log that does not grow gets none.',
    labels: ['pool'],
    read: ({ checkpoints }) => [...(checkpoints ?? [])].map(([pool, at]) => ({ labels: { pool }, value: at / 1_000 })),
  },
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1: what runs is in the labels.',
    labels: ['version', 'node', 'engine'],
    read: ({ version, node, engine }) => one(1, { version, node, engine }),
  },
];
