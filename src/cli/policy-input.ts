/** A change of the policy as it is given: a JSON file with parameters, or KEY=VALUE. Errors name the parameter. */
import { readFile } from 'node:fs/promises';
import type { PolicyChange } from '../fairness/policy.js';
import { usageError } from './exit.js';

/** Reads a change from a file, which holds an object of parameters. */
export async function policyFile(path: string): Promise<PolicyChange> {
  return checked(await parametersIn(path), `${path}: `);
}

/** Files and pairs, the later over the earlier. */
export async function policyArguments(given: readonly string[]): Promise<PolicyChange> {
  let change: PolicyChange = {};
  const pairs: Record<string, unknown> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    if (at > 0 && /^[a-z_]+$/.test(text.slice(0, at))) pairs[text.slice(0, at)] = parameterOf(text.slice(at + 1));
    else change = { ...change, ...(await policyFile(text)) };
  }
  return { ...change, ...(await checked(pairs, '')) };
}

async function parametersIn(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8');
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    throw usageError(`${path} is not valid JSON: ${(error as Error).message}.`);
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw usageError(`${path} holds no object; it is to hold the parameters to change, as {"horizon_h": 24}.`);
  }
  // A file made with `policy show --json` tells which version it was: that is not for anybody to set.
  const { version: _, ...parameters } = input as Record<string, unknown>;
  return parameters;
}

/** JSON, or a word that stands for itself, such as `static`. */
function parameterOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function refuseUnknown(names: readonly string[], parameters: object, where = ''): void {
  const unknown = names.filter((name) => !Object.hasOwn(parameters, name));
  if (unknown.length > 0)
    throw usageError(`${where}${unknown.join(', ')}: no such parameter. \`resource-share policy show\` lists them.`);
}

async function checked(input: Record<string, unknown>, where: string): Promise<PolicyChange> {
  const { policyParameters } = await import('../fairness/policy.js');
  refuseUnknown(Object.keys(input), policyParameters.shape, where);
  const parsed = policyParameters.partial().safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.')}: ${message.replace(/^Invalid (input|option): /, '')}`,
  );
  throw usageError(`${where}${faults.join('; ')}.`);
}
