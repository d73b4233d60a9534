/**
 * Whose use foreign data is, for which project, and in which mode: from what the data says of the client, and the rules of the pool.
 * Each answer names where it comes from, so that people can be told.
 */
import type { ModeSource, UsageMode } from '../events/catalogue/usage.js';
import type { SourceRule } from '../settings/schema.js';
import type { ClientFacts } from '../sources/source.js';

/** What is known beside the data. */
export interface Surroundings {
  /** Said by whoever reads: a flag, an environment variable, an argument of a hook. */
  readonly identity?: string | undefined;
  readonly mode?: UsageMode | undefined;
  readonly rules: readonly SourceRule[];
  readonly user: string;
  readonly host: string;
  /** The sessions of tmux on this host; left out where nobody looked. */
  readonly tmux?: TmuxView | undefined;
  /** How long ago a person typed something in the session, in milliseconds; left out where that is not known. */
  readonly sincePromptMs?: number | undefined;
  /** Where nothing else says it. */
  readonly defaultMode: UsageMode;
}

/** Whether somebody looks at the session of an agent. */
export interface TmuxView {
  /** Name of the session, where whoever reads says it: rules do not count then. */
  readonly session?: string | undefined;
  /** Undefined where there is no session of that name. */
  stateOf(session: string): 'attached' | 'detached' | undefined;
}

export type IdentitySource = 'explicit' | 'rule' | 'client' | 'user';

export interface Attribution {
  readonly identity: string;
  readonly identitySource: IdentitySource;
  readonly mode: UsageMode;
  readonly modeSource: ModeSource;
  readonly project: string | undefined;
  /** Index of the rule that fits; undefined where none does. */
  readonly rule: number | undefined;
}

/** Clients that nobody types into. */
const headlessEntrypoints: ReadonlySet<string> = new Set(['sdk-cli', 'sdk-ts', 'sdk-py', '-p']);
/** The session that an agent runs in where nothing else is said. */
const usualTmuxSession = 'autonomous-claude';
/** So long after a person typed something, a session is theirs. */
const promptLastsMs = 1_800_000;

export function attribute(facts: ClientFacts, around: Surroundings): Attribution {
  const host = facts.host ?? around.host;
  const at = around.rules.findIndex((rule) => fits(rule, { ...facts, host }));
  const rule: SourceRule = around.rules[at] ?? {};
  const [identity, identitySource] = identityOf(facts, around, rule, host);
  const [mode, modeSource] = modeOf(facts, around, rule, identity);
  const project = rule.project ?? lastPart(facts.cwd);
  return { identity, identitySource, mode, modeSource, project, rule: at < 0 ? undefined : at };
}

function identityOf(
  { agent, agentName }: ClientFacts,
  { identity, user }: Surroundings,
  rule: SourceRule,
  host: string,
): readonly [string, IdentitySource] {
  const explicit = identity ?? agent;
  if (explicit !== undefined) return [explicit, 'explicit'];
  if (rule.identity !== undefined) return [rule.identity, 'rule'];
  if (agentName !== undefined) return [agentName, 'client'];
  return [`${user}@${host}`, 'user'];
}

function modeOf(
  facts: ClientFacts,
  around: Surroundings,
  rule: SourceRule,
  identity: string,
): readonly [UsageMode, ModeSource] {
  const { mode, sincePromptMs, defaultMode } = around;
  const { entrypoint } = facts;
  if (mode !== undefined) return [mode, 'explicit'];
  if (rule.mode !== undefined) return [rule.mode, 'rule'];
  const tmux = tmuxStateOf(facts, around, identity);
  if (tmux !== undefined) return [tmux === 'attached' ? 'collaboration' : 'autonomy', 'tmux'];
  if (entrypoint !== undefined && headlessEntrypoints.has(entrypoint)) return ['autonomy', 'entrypoint'];
  if (sincePromptMs !== undefined && sincePromptMs <= promptLastsMs) return ['collaboration', 'prompt'];
  return [defaultMode, 'default'];
}

/** Of the session that is named, else of the one that the first rule names which fits this agent, else of the usual one. */
function tmuxStateOf(facts: ClientFacts, { tmux, rules, host }: Surroundings, identity: string) {
  // Sessions of other hosts cannot be seen from here.
  if (tmux === undefined || (facts.host ?? host) !== host) return undefined;
  const named = (rule: SourceRule) =>
    rule.tmux !== undefined && (rule.identity ?? identity) === identity && fits(rule, { ...facts, host });
  return tmux.stateOf(tmux.session ?? rules.find(named)?.tmux ?? usualTmuxSession);
}

function fits(rule: SourceRule, { cwd, host, entrypoint }: ClientFacts): boolean {
  if (rule.cwd !== undefined && (cwd === undefined || !isUnder(rule.cwd, cwd))) return false;
  if (rule.host !== undefined && rule.host !== host) return false;
  return rule.entrypoint === undefined || rule.entrypoint === entrypoint;
}

const partsOf = (path: string): string[] => path.split(/[\\/]+/).filter((part) => part !== '');

/** `/srv/p1/**` fits `/srv/p1` and all below it. */
export function isUnder(pattern: string, path: string): boolean {
  return partsFit(partsOf(pattern), partsOf(path));
}

/** Each `**` takes as few parts as it can; only the last one that was met is tried again, so that the time is bounded. */
function partsFit(pattern: readonly string[], parts: readonly string[]): boolean {
  let [p, at, star, starAt] = [0, 0, -1, 0];
  while (at < parts.length) {
    const wanted = pattern[p];
    if (wanted === '**') [star, starAt, p] = [p, at, p + 1];
    else if (wanted !== undefined && nameFits(wanted, parts[at] as string)) [p, at] = [p + 1, at + 1];
    else if (star >= 0) [p, starAt, at] = [star + 1, starAt + 1, starAt + 1];
    else return false;
  }
  return pattern.slice(p).every((wanted) => wanted === '**');
}

/** `*` stands for any letters of one name; the pieces between them must come in order. */
function nameFits(pattern: string, name: string): boolean {
  const [first = '', ...pieces] = pattern.split('*');
  if (pieces.length === 0) return pattern === name;
  const last = pieces.pop() as string;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces) {
    const found = name.indexOf(piece, from);
    if (found < 0 || found + piece.length > name.length - last.length) return false;
    from = found + piece.length;
  }
  return true;
}

const lastPart = (cwd: string | undefined): string | undefined => (cwd === undefined ? undefined : partsOf(cwd).at(-1));
