/** Names of models, as providers, clouds and clients write them, and the name under which a price is looked up. */
import { limits } from '../limits.js';

const makers =
  'anthropic|amazon|openai|google|gemini|meta|mistral|cohere|deepseek|xai|x-ai|moonshotai|bedrock|vertex_ai|azure';
/** `models/`, `openai/`, `bedrock/us-east-1/`, the first part of an ARN; then `us.anthropic.`, `openai:`. */
const path = /^.*\//;
const prefix = new RegExp(`^(?:(?:[a-z]{2}|[a-z]{2}-gov|apac|global)\\.)?(?:${makers})[.:]`);
/** How much context was asked for: `[1m]`. */
const context = /\[\d{1,4}[km]\]$/;
const cloudVersion = /-v\d{1,2}:\d{1,2}$/;
const dated = /(@(\d{8}|default|latest)|-\d{8})$/;

/** The name without its provider and region, in lower case; null where it names no model. */
function bareName(name: string): string | null {
  if (name.length > limits.textCharactersMax) return null;
  const bare = name.trim().toLowerCase().replace(path, '').replace(prefix, '').replace(context, '');
  return bare === '' || bare === '<synthetic>' ? null : bare;
}

/** `us.anthropic.claude-opus-4-1-20250805-v1:0` is `claude-opus-4-1`; null where it names no model. */
export function normalisedModel(name: string): string | null {
  return bareName(name)?.replace(cloudVersion, '').replace(dated, '') || null;
}

/** What a price may be called that is exactly the one of this model, the most precise first. */
export function exactNames(name: string): readonly string[] {
  const bare = bareName(name);
  const normalised = normalisedModel(name);
  if (bare === null || normalised === null) return [];
  return [...new Set([bare, normalised, normalised.replace(/-latest$/, '')])];
}

/** Models of one kind and different age: `claude-opus`, `gpt`, `gemini`. */
export function familyOf(normalised: string): string {
  const [, kind] = /^claude-(?:[\d.]+-)*([a-z]+)/.exec(normalised) ?? [];
  if (kind !== undefined) return `claude-${kind}`;
  return /^[a-z]+/.exec(normalised)?.[0] ?? normalised;
}

export const isClaude = (model: string): boolean => normalisedModel(model)?.startsWith('claude-') ?? false;
