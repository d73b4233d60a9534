/**
 * The environment file of a service: every variable with its default and what it means, from the schema of the settings. What
 * somebody has set in it is kept, whatever is written around it.
 */
import { defaultOf, expectedOf, settings } from '../settings/schema.js';

const assignment = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/;

export function environmentText(values: ReadonlyMap<string, string>): string {
  const lines = [
    '# Settings of the service, for systemd and launchd alike: NAME=value. A line that begins with # sets nothing.',
    '# Write it with `resource-share service enable --set KEY=VALUE`, or by hand, and then `resource-share service restart`.',
    '# What is set here beats the configuration file.',
  ];
  const known = new Set<string>();
  for (const setting of settings.values()) {
    const { variable, description, unset, isSecret } = setting;
    known.add(variable);
    const fallback = defaultOf(setting);
    const shown = fallback === undefined ? unset : JSON.stringify(fallback);
    lines.push(
      '',
      `# ${oneLine(description)}`,
      `# takes ${oneLine(expectedOf(setting))}; default: ${oneLine(String(shown))}`,
    );
    if (isSecret === true)
      lines.push(
        `# or ${variable}_FILE: a file with it, closed to other accounts; or a credential of systemd: ${setting.key}`,
      );
    const file = `${variable}_FILE`;
    if (isSecret === true && values.has(file) && !known.has(file)) {
      known.add(file);
      lines.push(line(file, values.get(file) as string));
    }
    const value = values.get(variable);
    lines.push(value === undefined ? `#${variable}=` : line(variable, value));
  }
  const others = [...values].filter(([name]) => !known.has(name));
  if (others.length > 0)
    lines.push('', '# Variables of other programs', ...others.map(([name, value]) => line(name, value)));
  return `${lines.join('\n')}\n`;
}

/** What is set in a text, as systemd and a shell read it. */
export function environmentValues(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const each of text.split('\n')) {
    const [, name, value = ''] = assignment.exec(each.trim()) ?? [];
    if (name !== undefined) values.set(name, unquoted(value.trim()));
  }
  return values;
}

const line = (name: string, value: string): string =>
  `${name}=${/^[\w@%+:,./-]*$/.test(value) ? value : `"${value.replace(/[\\"$`]/g, '\\$&')}"`}`;

function unquoted(value: string): string {
  if (/^'.*'$/s.test(value)) return value.slice(1, -1);
  if (/^".*"$/s.test(value)) return value.slice(1, -1).replace(/\\([\\"$`])/g, '$1');
  return value;
}

const oneLine = (text: string): string => text.replaceAll('\n', ' ');
