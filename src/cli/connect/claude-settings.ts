/** `settings.json` of Claude Code: its status line, HTTP hooks beside those that are there, and the variables of its telemetry. */
import type { SettingsEditor } from './editor.js';
import { editJson, type WantedMember, type WantedPart, withdrawJson } from './json-editor.js';
import { addressFor, resourceAttributes, type Wish } from './wish.js';

export interface ClaudeWish extends Wish {
  /** Of the status line, for a shell; undefined where none is to be written. */
  readonly statusLine: string | undefined;
  readonly hooks: boolean;
  readonly telemetry: boolean;
}

/** Those that the daemon makes something of. */
const hookEvents = ['UserPromptSubmit', 'StopFailure'] as const;
const hookPath = '/v1/hooks/claude';
/** A client that waits longer goes on as well: the daemon answers in less, or not at all. */
const hookSeconds = 1;

export function claudeEditor(wish: ClaudeWish): SettingsEditor {
  const parts: WantedPart[] = [];
  if (wish.statusLine !== undefined) parts.push({ what: 'status line', members: [statusLineOf(wish.statusLine)] });
  if (wish.hooks) parts.push({ what: 'hooks', members: hookEvents.map((event) => hookOf(event, wish)) });
  if (wish.telemetry) parts.push({ what: 'telemetry', members: variablesOf(wish) });
  return {
    edit: (text) => editJson(text, { parts, replace: wish.replace, remarksOn: (value) => remarksOn(value, wish) }),
    withdraw: withdrawJson,
  };
}

const statusLineOf = (command: string): WantedMember => ({
  path: ['statusLine'],
  value: { type: 'command', command },
  doesAsWell: (there) => /(resource-share|main\.js)\W* statusline\b/.test(textAt(there, 'command')),
});

const hookOf = (event: string, wish: Wish): WantedMember => ({
  path: ['hooks', event],
  value: { hooks: [{ type: 'http', url: addressFor(wish, hookPath), timeout: hookSeconds }] },
  isItem: true,
  doesAsWell: (group) => daemonsIn(group).some((daemon) => daemon === daemonOf(wish.url)),
  // Of the same program elsewhere: beside it, each prompt would count there and here.
  isInTheWay: (group) => daemonsIn(group).length > 0,
});

/** To which the hooks of a group go that are written as ours. */
const daemonsIn = (group: unknown): string[] =>
  hooksIn(group).flatMap((hook) => {
    const [address = ''] = textAt(hook, 'url').split('?');
    return address.endsWith(hookPath) ? [daemonOf(address.slice(0, -hookPath.length))] : [];
  });

/** This machine has several names. */
const daemonOf = (url: string): string =>
  url.replace(/^(https?:\/\/)(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/i, '$1localhost');

/** Those of logs alone, so that telemetry which goes elsewhere goes on doing so. */
function variablesOf(wish: Wish): WantedMember[] {
  const variables: Record<string, string> = {
    CLAUDE_CODE_ENABLE_TELEMETRY: '1',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: addressFor({ ...wish, identity: undefined }, '/v1/logs'),
  };
  if (wish.identity !== undefined) variables.OTEL_RESOURCE_ATTRIBUTES = resourceAttributes(wish.identity);
  return Object.entries(variables).map(([name, value]) => ({ path: ['env', name], value }));
}

function remarksOn(value: unknown, wish: ClaudeWish): string[] {
  const { disableAllHooks, allowedHttpHookUrls } = value as Record<string, unknown>;
  const remarks: string[] = [];
  if (disableAllHooks === true) remarks.push('disableAllHooks is set: neither hooks nor the status line run.');
  if (
    wish.hooks &&
    Array.isArray(allowedHttpHookUrls) &&
    !allowedHttpHookUrls.some((pattern) => allows(pattern, wish.url))
  )
    remarks.push(`allowedHttpHookUrls does not name ${wish.url}: the hooks are not sent until it does.`);
  return remarks;
}

/** `*` stands for anything. */
const allows = (pattern: unknown, url: string): boolean =>
  typeof pattern === 'string' && `${url}${hookPath}`.startsWith(pattern.split('*')[0] as string);

function hooksIn(group: unknown): readonly unknown[] {
  const hooks = (group as { hooks?: unknown } | null)?.hooks;
  return Array.isArray(hooks) ? hooks : [];
}

function textAt(value: unknown, name: string): string {
  const text = (value as Record<string, unknown> | null)?.[name];
  return typeof text === 'string' ? text : '';
}
