/** `top`: how the daemon does, on one screen that is drawn again each second. */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { requireSettings } from '../../settings/resolve.js';
import type { AskDaemon } from '../ask-daemon.js';
import { failure } from '../exit.js';
import { addExamples, settingOption, settingsFor } from '../options.js';
import type { EventFeed } from '../top/event-feed.js';
import type { Scrape } from '../top/figures.js';

const everyMs = 1_000;
/** Between the two looks that one screen needs, to say how much comes in a second. */
const apartMs = 500;
/** `q`, Ctrl-C and Ctrl-D, which a terminal in raw mode hands on as they are. */
const endKeys = ['q'.charCodeAt(0), 3, 4];
/** Of a terminal, where nobody says. */
const usualSize = { columns: 80, rows: 24 };

export function define(command: Command): void {
  command
    .description(
      'Show how the daemon does, on one screen, each second: the log, the process, windows, who uses how much, work, and the newest events. q ends it. Where the output is no terminal, it is printed once.',
    )
    .option('--once', 'print it once')
    .addOption(settingOption('url'));
  command.action(async ({ once: isOnce }: { readonly once?: true }) => {
    const resolved = settingsFor(command);
    const { pool } = requireSettings(resolved, 'pool');
    const query = pool === undefined ? '' : `&pool=${encodeURIComponent(pool)}`;
    const { askDaemon } = await import('../ask-daemon.js');
    const { EventFeed } = await import('../top/event-feed.js');
    const ask = askDaemon(resolved);
    const feed = new EventFeed();
    const first = await scrape(ask).catch((error: Error) => {
      throw failure(`${error.message.replace(/\.$/, '')}.`);
    });
    await feed.load(ask, query);
    if (isOnce === true || !process.stdout.isTTY) return printOnce(ask, first, feed);
    const { daemonFinder } = await import('../../client/address.js');
    const { daemonOf } = await import('../daemon-address.js');
    const ended = new AbortController();
    const following = feed.follow(daemonFinder(daemonOf(resolved)), query, ended.signal);
    try {
      await onScreen(() => draw(ask, first, feed, ended));
    } finally {
      ended.abort();
      await following;
    }
  });
  addExamples(command, 'top', 'top --once', 'top --url http://ledger.example:8765');
}

/** Throws why there is none. */
async function scrape(ask: AskDaemon): Promise<Scrape> {
  const { status, body } = await ask('metrics.json');
  if (status === 200) return body;
  throw new Error(`the daemon answered ${status}: ${body?.detail ?? 'no reason given'}`);
}

async function printOnce(ask: AskDaemon, first: Scrape, { events }: EventFeed): Promise<void> {
  const { Figures } = await import('../top/figures.js');
  const { screenLines } = await import('../top/screen.js');
  await wait(apartMs);
  const figures = new Figures(first, await scrape(ask));
  process.stdout.write(`${screenLines({ figures, events, fault: null }, sizeNow()).join('\n')}\n`);
}

/** Again and again, until it is to end. */
async function draw(ask: AskDaemon, first: Scrape, feed: EventFeed, ended: AbortController): Promise<void> {
  const { Figures } = await import('../top/figures.js');
  const { screenLines } = await import('../top/screen.js');
  const stop = () => ended.abort();
  const pressed = (keys: Buffer) => {
    if (endKeys.some((key) => keys.includes(key))) stop();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  process.stdin.on('data', pressed);
  let [before, now]: [Scrape, Scrape] = [first, first];
  while (!ended.signal.aborted) {
    await Promise.race([wait(everyMs, undefined, { signal: ended.signal }), once(process.stdout, 'resize')]).catch(
      () => undefined,
    );
    if (ended.signal.aborted) break;
    let fault: string | null = null;
    try {
      [before, now] = [now, await scrape(ask)];
    } catch (error) {
      fault = `${(error as Error).message}; this is what it said last`;
    }
    const figures = new Figures(before, now);
    const lines = screenLines({ figures, events: feed.events, fault }, sizeNow());
    process.stdout.write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join('\r\n')}\u001B[J`);
  }
  process.off('SIGINT', stop).off('SIGTERM', stop);
  process.stdin.off('data', pressed);
}

/** On a screen of its own, without a cursor; what was there before is there again afterwards. */
async function onScreen(work: () => Promise<void>): Promise<void> {
  const { stdin, stdout } = process;
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.resume();
  stdout.write('\u001B[?1049h\u001B[?25l');
  try {
    await work();
  } finally {
    stdout.write('\u001B[?25h\u001B[?1049l');
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
}

function sizeNow() {
  const { columns, rows } = process.stdout;
  return { columns: columns ?? usualSize.columns, rows: rows ?? usualSize.rows };
}
