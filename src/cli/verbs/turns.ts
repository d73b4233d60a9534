/** `turns`: turns by hand, one request each. `run` does all of it for a command. */

import { hostname } from 'node:os';
import type { Command } from 'commander';
import { durationText } from '../../text/duration.js';
import { instantText } from '../../text/time.js';
import { usageError } from '../exit.js';
import type { LedgerClient } from '../ledger-client.js';
import { addExamples, decimal, globalsOf, jsonOption, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';
import { type Column, printTable } from '../table.js';
import { parseDuration } from '../times.js';
import { parseTokens } from '../usage-options.js';

interface AskOptions {
  readonly estimate?: number;
  readonly model?: string;
  readonly turnTtl?: number;
}

interface HoldOptions {
  readonly token: number;
  readonly turnTtl?: number;
  readonly reason?: string;
  readonly cost?: number;
  readonly tokens?: Record<string, number>;
  readonly model?: string;
}

interface TurnRow {
  readonly turn: string;
  readonly name: string;
  readonly granted_at: string;
  readonly expires_at: string;
  readonly estimate_micro_usd: number;
}

export function define(command: Command): void {
  const ask = verb(command, 'ask <name>', 'May this agent run? Prints the turn and its token.')
    .option('--estimate <usd>', 'what the run is expected to cost, in US dollars', decimal(0))
    .option('--model <model>', 'model of the run')
    .option('--turn-ttl <duration>', 'how long it is held without being renewed (default: 15m)', parseDuration);
  ask.action((name: string, { estimate, model, turnTtl }: AskOptions) => {
    const micro = estimate === undefined ? undefined : Math.round(estimate * 1e6);
    const body = { name, estimate_micro_usd: micro, model, ttl_s: secondsOf(turnTtl), instance: { host: hostname() } };
    return send<{ turn: string; token: number; ttl_s: number; would_deny?: { reason: string } }>(
      ask,
      (client) => client.aboutTurns('v1/turns', body),
      ({ turn, token, ttl_s, would_deny: refusal }) => {
        printLine(`${name} has turn ${turn}, token ${token}, for ${durationText(ttl_s)}.`);
        if (refusal !== undefined) printLine(`Where turns are enforced it would be no: ${refusal.reason}`);
      },
    );
  });
  addExamples(ask, 'turns ask Ada', 'turns ask Ada --estimate 0.5 --turn-ttl 10m --json');

  const renew = held(command, 'renew', 'Hold a turn for longer.').option(
    '--turn-ttl <duration>',
    'how long (default: as before)',
    parseDuration,
  );
  renew.action((turn: string, { token, turnTtl }: HoldOptions) =>
    hold<{ ttl_s: number }>(renew, turn, 'renew', { token, ttl_s: secondsOf(turnTtl) }, ({ ttl_s }) =>
      printLine(`${turn} is held for ${durationText(ttl_s)}.`),
    ),
  );
  addExamples(renew, 'turns renew t42 --token 42');

  const settle = held(command, 'settle', 'End a turn with what it used, and learn when to run again.')
    .option('--cost <usd>', 'cost of the run, in US dollars', decimal(0))
    .option('--tokens <counts>', 'tokens of the run: input=1200,output=340, or one total', parseTokens)
    .option('--model <model>', 'model that was used');
  settle.action((turn: string, { token, cost, tokens, model }: HoldOptions) => {
    const usage = { cost_micro_usd: cost === undefined ? undefined : Math.round(cost * 1e6), tokens, model };
    return hold<{ advice?: { interval_s: number } }>(settle, turn, 'settle', { token, usage }, ({ advice }) => {
      printLine(`${turn} is settled.`);
      if (advice !== undefined) printLine(`Run again in ${durationText(advice.interval_s)}.`);
    });
  });
  addExamples(settle, 'turns settle t42 --token 42 --cost 0.125');

  const release = held(command, 'release', 'Give a turn back unused.').option('--reason <text>', 'why');
  release.action((turn: string, { token, reason }: HoldOptions) =>
    hold(release, turn, 'release', { token, reason }, () => printLine(`${turn} is given back.`)),
  );
  addExamples(release, 'turns release t42 --token 42 --reason idle');

  defineList(command);
}

function defineList(command: Command): void {
  const list = verb(command, 'list', 'Turns that are open, in the order they were granted.')
    .option('--identity <name>', 'only those of this identity')
    .option('--limit <rows>', 'rows at most', wholeNumber(1, 1_000), 100);
  list.action(({ identity, limit }: { identity?: string; limit: number }) => {
    const query = new URLSearchParams({ limit: String(limit), ...(identity === undefined ? {} : { identity }) });
    return send<{ turns: readonly TurnRow[] }>(
      list,
      (client) => client.aboutTurns(`v1/turns?${query}`),
      ({ turns }) => printTable(columns, turns, 'No turn is open.'),
    );
  });
  addExamples(list, 'turns list', 'turns list --identity Ada --json');

  addExamples(command, 'turns ask Ada', 'turns list');
}

const columns: readonly Column<TurnRow>[] = [
  { head: 'turn', value: ({ turn }) => turn },
  { head: 'identity', value: ({ name }) => name },
  { head: 'granted', value: ({ granted_at: at }) => instantText(at) },
  { head: 'expires', value: ({ expires_at: at }) => instantText(at) },
];

const verb = (command: Command, words: string, description: string): Command =>
  command.command(words).description(description).addOption(jsonOption());

const held = (command: Command, name: string, description: string): Command =>
  verb(command, `${name} <turn>`, description).requiredOption('--token <n>', 'token of its holder', wholeNumber(1));

function secondsOf(milliseconds: number | undefined): number | undefined {
  if (milliseconds !== undefined && milliseconds < 1_000) throw usageError('a turn is held for a second at least.');
  return milliseconds === undefined ? undefined : Math.round(milliseconds / 1_000);
}

const hold = <T>(command: Command, turn: string, what: string, body: object, print: (answer: T) => void) =>
  send<T>(command, (client) => client.aboutTurns(`v1/turns/${encodeURIComponent(turn)}/${what}`, body), print);

async function send<T>(
  command: Command,
  ask: (client: LedgerClient) => Promise<unknown>,
  print: (answer: T) => void,
): Promise<void> {
  const { withPoolClient } = await import('../open-client.js');
  const answer = (await withPoolClient(globalsOf(command), ask)) as T;
  if (command.opts<{ json?: true }>().json === true) printJson(answer);
  else print(answer);
}
