/** The account of an import: what was read, what became of it, and what it counts. */
import { createHash } from 'node:crypto';
import { dateIn } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { type LeftOut, leftOutAs, type TakenRow, type Use } from './rows.js';

/** What became of the rows of a table. */
export interface TableAccount {
  readonly table: string;
  read: number;
  recorded: number;
  /** Recorded by an earlier run. */
  repeated: number;
  /** Of those, how many had a time or amount that had to be worked out. */
  estimated: number;
  readonly leftOut: Map<string, number>;
}

/** What an identity used on a day in a mode. */
export interface Total {
  readonly name: string;
  readonly date: string;
  readonly mode: Use['mode'];
  rows: number;
  usd: number;
  tokens: number;
}

/** Rows that look as if they were one, told twice within a minute. */
export interface LikelyDouble {
  readonly id: string;
  readonly of: string;
  readonly name: string;
  readonly usd: number;
  readonly tokens: number;
}

const listedMax = 1_000;

export class Account {
  readonly tables = new Map<string, TableAccount>();
  readonly totals = new Map<string, Total>();
  readonly leftOutUsd = new Map<string, { usd: number; tokens: number }>();
  /** The first of them. */
  readonly leftOut: LeftOut[] = [];
  readonly likelyDoubles: LikelyDouble[] = [];
  likelyDoublesCount = 0;
  /** Seqs of the events of the uses. */
  readonly seqs: number[] = [];
  readonly #timeZone: string;

  /** `timeZone`: in which the pool's days are cut. */
  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  of(table: string): TableAccount {
    let account = this.tables.get(table);
    if (account === undefined) {
      account = { table, read: 0, recorded: 0, repeated: 0, estimated: 0, leftOut: new Map() };
      this.tables.set(table, account);
    }
    return account;
  }

  read(table: string): void {
    this.of(table).read += 1;
  }

  taken(row: TakenRow, status: 'recorded' | 'repeated', seq: number | undefined): void {
    const account = this.of(row.table);
    account[status] += 1;
    if (row.isEstimated) account.estimated += 1;
    if (row.use === null) return;
    this.#count(row.use);
    if (seq !== undefined) this.seqs.push(seq);
  }

  leaveOut(row: LeftOut): void {
    const { leftOut } = this.of(row.table);
    leftOut.set(row.reason, (leftOut.get(row.reason) ?? 0) + 1);
    const amounts = this.leftOutUsd.get(row.reason) ?? { usd: 0, tokens: 0 };
    amounts.usd += row.usd;
    amounts.tokens += row.tokens;
    this.leftOutUsd.set(row.reason, amounts);
    if (this.leftOut.length < listedMax) this.leftOut.push(row);
  }

  refuse(row: TakenRow, reason: string): void {
    this.leaveOut(leftOutAs(row, reason));
  }

  noteLikelyDouble(double: LikelyDouble): void {
    this.likelyDoublesCount += 1;
    if (this.likelyDoubles.length < listedMax) this.likelyDoubles.push(double);
  }

  #count({ name, mode, at, amount }: Use): void {
    const date = dateIn(this.#timeZone, at as EpochMs);
    const key = `${date}\u0000${mode}\u0000${name}`;
    let total = this.totals.get(key);
    if (total === undefined) {
      total = { name, date, mode, rows: 0, usd: 0, tokens: 0 };
      this.totals.set(key, total);
    }
    total.rows += 1;
    if (amount.form === 'dollars') total.usd += amount.usd;
    else total.tokens += amount.tokens;
  }
}

/** SHA-256 of an account, in hexadecimal. */
export const digestOf = (account: object): string => createHash('sha256').update(JSON.stringify(account)).digest('hex');
