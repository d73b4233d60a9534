/** How `report` and `usage record` take a use from the command line: the same options, the same payload. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Usage } from '../client/usage.js';
import { addModeOptions, type ModeOptions, modeOf } from './mode.js';
import { decimal, gatherPairs, wholeNumber } from './options.js';
import { remark } from './output.js';

interface UsageOptions extends ModeOptions {
  readonly cost?: number;
  readonly tokens?: Record<string, number>;
  readonly session?: string;
  readonly totalCostUsd?: number;
  readonly totalTokens?: number;
  readonly model?: string;
  readonly project?: string;
  readonly tag?: Record<string, string>;
  readonly contextPercentage?: number;
  readonly currentInterval?: number;
  readonly turn?: string;
}

export function addUsageOptions(command: Command): Command {
  return addModeOptions(command, 'autonomy')
    .option('--cost <usd>', 'cost of this use, in US dollars', decimal(0))
    .option('--tokens <counts>', 'tokens of this use: input=1200,output=340, or one total', parseTokens)
    .option('--session <id>', 'session that the totals below belong to')
    .option('--total-cost-usd <usd>', 'cost of the session so far, in US dollars', decimal(0))
    .option('--total-tokens <n>', 'tokens of the session so far', wholeNumber(0))
    .option('--model <model>', 'model that was used')
    .option('--project <name>', 'project it was used for')
    .option('--tag <key=value>', 'a tag; may be repeated', gatherPairs)
    .option('--context-percentage <percent>', 'how full the context is', decimal(0))
    .option('--current-interval <seconds>', 'interval the agent runs at now', wholeNumber(0))
    .option('--turn <id>', 'turn it was used under, also after that ended');
}

export async function usageOf(name: string, options: UsageOptions, command: Command): Promise<Usage> {
  return {
    name,
    ...(await modeOf(name, options, command)),
    cost_micro_usd: options.cost === undefined ? undefined : Math.round(options.cost * 1e6),
    tokens: options.tokens,
    session: options.session,
    total_cost_usd: options.totalCostUsd,
    total_tokens: options.totalTokens,
    model: options.model,
    project: options.project,
    tags: options.tag,
    context_percentage: options.contextPercentage,
    current_interval: options.currentInterval,
    turn: options.turn,
  };
}

/** A report of nothing is recorded, as it may be all there is to say; but it may also be that an option was forgotten. */
export function warnOfNothing({ name, cost_micro_usd, tokens, total_cost_usd, total_tokens }: Usage): void {
  if ([cost_micro_usd, tokens, total_cost_usd, total_tokens].some((amount) => amount !== undefined)) return;
  remark(`This says of ${name} neither cost nor tokens: a run is recorded that used nothing known.`);
}

/** Buckets as the ledger names them; `cache-read` is understood as `cache_read`. */
export function parseTokens(text: string): Record<string, number> {
  if (/^\d+$/.test(text)) return { total: wholeNumber(0)(text) };
  const counts: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [bucket, count, ...rest] = part.split('=').map((word) => word.trim());
    if (bucket === undefined || bucket === '' || count === undefined || rest.length > 0) {
      throw new InvalidArgumentError(`"${text}" is not of the form input=1200,output=340.`);
    }
    counts[bucket.replaceAll('-', '_')] = wholeNumber(0)(count);
  }
  return counts;
}
