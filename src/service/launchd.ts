/** The property lists of launchd. */
import { isTimed, type PartName, type ServicePlan, type TimedPart, wordsOf } from './plan.js';

export const launchdLabel = (part: PartName): string => `resource-share.${part}`;

/** Texts by the name of their file. */
export function launchdLists(plan: ServicePlan, parts: readonly PartName[]): ReadonlyMap<string, string> {
  return new Map(parts.map((part) => [`${launchdLabel(part)}.plist`, list(plan, part)]));
}

type Value = string | number | boolean | readonly string[] | { readonly [name: string]: Value };

function list(plan: ServicePlan, part: PartName): string {
  const { data, variables, home, logFile, runAs } = plan;
  const environment = { ...(data === null ? {} : { RESOURCE_SHARE_DATA: data }), ...Object.fromEntries(variables) };
  const content: Readonly<Record<string, Value>> = {
    Label: launchdLabel(part),
    ProgramArguments: ['/bin/sh', '-c', shellLine(plan, part)],
    EnvironmentVariables: environment,
    WorkingDirectory: plan.scope === 'user' ? home : '/var/empty',
    ...(runAs === null ? {} : { UserName: runAs.user, ...(runAs.group === null ? {} : { GroupName: runAs.group }) }),
    ...(isTimed(part)
      ? { StartCalendarInterval: calendar[part] }
      : { RunAtLoad: true, KeepAlive: true, ThrottleInterval: 10, ExitTimeOut: 30 }),
    ProcessType: 'Background',
    Umask: 0o077,
    SoftResourceLimits: { NumberOfFiles: 65_536 },
    // One path for both, so that what is said stays in order.
    StandardOutPath: logFile,
    StandardErrorPath: logFile,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Rendered by \`resource-share service enable\`, which writes it again. Settings go into the environment file. -->
<plist version="1.0">
${element(content, 0)}
</plist>
`;
}

/** launchd has no environment files. The process that launchd knows stays the same one, as the shell becomes it. */
function shellLine({ environmentFile, node, program }: ServicePlan, part: PartName): string {
  const file = shellQuoted(environmentFile);
  const command = [node, program, ...wordsOf(part)].map(shellQuoted).join(' ');
  return `set -a; [ ! -r ${file} ] || . ${file}; exec ${command}`;
}

/** By the clock of the machine: launchd knows no zones. */
const calendar: Readonly<Record<TimedPart, Record<string, number>>> = {
  'daily-aggregate': { Hour: 0, Minute: 0 },
  backup: { Minute: 0 },
};

export const shellQuoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function element(value: Value, depth: number): string {
  const indent = '  '.repeat(depth);
  if (typeof value === 'string') return `${indent}<string>${xml(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  if (Array.isArray(value))
    return [`${indent}<array>`, ...value.map((each) => element(each, depth + 1)), `${indent}</array>`].join('\n');
  const rows = Object.entries(value as { readonly [name: string]: Value }).flatMap(([name, each]) => [
    `${indent}  <key>${xml(name)}</key>`,
    element(each, depth + 1),
  ]);
  return [`${indent}<dict>`, ...rows, `${indent}</dict>`].join('\n');
}

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
