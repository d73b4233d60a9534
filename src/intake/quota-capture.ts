/** What the reader of the quota that is set captures: text of the client's command, of its screen in tmux, or of a command of the user's. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { limits } from '../limits.js';
import type { Clock } from '../runtime/clock.js';

const run = promisify(execFile);

/** As the setting `sources.quota` has it. */
export interface QuotaReader {
  readonly reader: 'usage-text' | 'usage-screen' | 'command';
  /** Program and arguments, in the place of the client's. */
  readonly command?: readonly string[] | undefined;
  /** What a command of the user's writes; `usage-json` where it is not said. */
  readonly format?: string | undefined;
}

/** Throws where the program cannot be run, fails, or takes too long; `isRead` says whether a screen shows what is wanted. */
export function captureQuota(
  { reader, command }: QuotaReader,
  isRead: (text: string) => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  if (reader === 'usage-screen') return screenOf(command ?? ['claude'], isRead, clock, signal);
  return outputOf(command ?? ['claude', '-p', '/usage'], signal);
}

export const formatOf = ({ reader, format = 'usage-json' }: QuotaReader): string =>
  reader === 'command' ? format : `claude-${reader}`;

async function outputOf([program = '', ...args]: readonly string[], signal: AbortSignal): Promise<string> {
  const options = {
    timeout: limits.quotaReaderMsMax,
    maxBuffer: limits.readingBytesMax,
    killSignal: 'SIGKILL',
  } as const;
  const { stdout } = await run(program, args, { ...options, signal });
  return stdout;
}

/** The client in a session of tmux of its own name, which is ended in any case. */
async function screenOf(
  command: readonly string[],
  isRead: (text: string) => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  const session = `resource-share-quota-${process.pid}-${randomUUID().slice(0, 8)}`;
  const tmux = async (...args: readonly string[]) =>
    (await run('tmux', args, { timeout: limits.tmuxMsMax, killSignal: 'SIGKILL' })).stdout;
  const screen = () => tmux('capture-pane', '-p', '-t', `=${session}:`);
  const until = clock.elapsed() + limits.quotaReaderMsMax;
  await tmux('new-session', '-d', '-s', session, '-x', '120', '-y', '60', '--', ...command);
  try {
    let text = '';
    // The client is asked once it shows something, and again where it was still starting.
    for (let looks = 0; clock.elapsed() < until; looks += 1) {
      signal.throwIfAborted();
      text = await screen();
      if (isRead(text)) return text;
      if (text.trim() !== '' && looks % askedEvery === 0)
        await tmux('send-keys', '-t', `=${session}:`, '/usage', 'Enter');
      await clock.sleep(lookMs, signal);
    }
    return text;
  } finally {
    await tmux('kill-session', '-t', `=${session}`).catch(() => undefined);
  }
}

const lookMs = 250;
const askedEvery = 20;
