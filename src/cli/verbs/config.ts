/** `config`: what is set, where it was set, and whether it can be used. */
import type { Command } from 'commander';
import { redacted } from '../../settings/database.js';
import { processEnvironment, unknownVariables, usualConfigFiles } from '../../settings/environment.js';
import { findSettingsFile, type SettingsFile } from '../../settings/file.js';
import { databaseOf, ledgerSetting } from '../../settings/ledger.js';
import { refusePasswords } from '../../settings/load.js';
import { noLayers, type Resolved, refuse, resolveSettings } from '../../settings/resolve.js';
import { settings } from '../../settings/schema.js';
import { apiKeyOf } from '../api-key.js';
import { addExamples, configFlag, jsonOption, settingFlags } from '../options.js';
import { printJson, printLine, remark } from '../output.js';
import { printTable } from '../table.js';

interface ShowOptions {
  readonly origins?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  const show = command
    .command('show')
    .description('The settings that a run has here, under the same flags. Passwords are left out.')
    .option('--origins', 'also where each comes from: default, file, environment or flag')
    .addOption(jsonOption());
  show.action((options: ShowOptions) => {
    const environment = processEnvironment();
    const file = findSettingsFile(configFlag(show), environment);
    const flags = settingFlags(show);
    refusePasswords(flags);
    const resolved = resolveSettings({ file, environment, flags });
    refuse(resolved.faults);
    showSettings(resolved, options);
    remark(
      file === null ? `There is no configuration file: ${lookedAt()}.` : `The configuration file is ${file.path}.`,
    );
  });
  addExamples(show, 'config show', 'config show --origins', 'config show --json --config ./config.json');

  const check = command
    .command('check [file]')
    .description(
      'Whether the configuration file and the environment can be used; says every fault. Exit 64 when there is one.',
    );
  check.action((named: string | undefined) => {
    const environment = processEnvironment();
    const file = findSettingsFile(named ?? configFlag(check), environment);
    for (const text of unknownVariables(environment)) remark(`Warning: ${text}`);
    // Each layer by itself: a value that a higher one hides must be right, too.
    const layers = [
      { ...noLayers, file },
      { ...noLayers, environment },
    ];
    refuse(layers.flatMap((each) => resolveSettings(each).faults));
    apiKeyOf(resolveSettings({ file, environment, flags: new Map() }));
    printLine(checkedText(file));
  });
  addExamples(check, 'config check', 'config check /etc/resource-share/config.json');

  const reload = command
    .command('reload')
    .description(
      'Have the daemon read its settings again, from its file, environment and flags, and say what has changed. Where they cannot be used, everything stays as it was: exit code 1.',
    )
    .addOption(jsonOption());
  reload.action(async ({ json }: { json?: true }) => {
    const { reloadDaemon } = await import('../reload-daemon.js');
    const report = await reloadDaemon(reload);
    if (json === true) return printJson(report);
    const { applied, restart } = report;
    if (applied.length > 0) printLine(`In effect: ${applied.join(', ')}.`);
    if (restart.length > 0) printLine(`In effect when the daemon starts again: ${restart.join(', ')}.`);
    if (applied.length + restart.length === 0) printLine('Nothing has changed.');
  });
  addExamples(reload, 'config reload', 'config reload --json');

  addExamples(command, 'config show --origins', 'config check', 'config reload');
}

function showSettings(resolved: Resolved, { origins, json }: ShowOptions): void {
  const rows = [...settings.values()].map((setting) => {
    const { value, origin } = resolved.given.get(setting.key) ?? { value: undefined, origin: 'default' };
    const shown = typeof value === 'string' ? shownText(setting.key, value) : value;
    return { key: setting.key, value: shown, origin, unset: setting.unset };
  });
  if (json === true) {
    const entries = rows.map(({ key, value = null, origin }) => [key, origins === true ? { value, origin } : value]);
    return printJson(Object.fromEntries(entries));
  }
  printTable(
    [
      { head: 'setting', value: ({ key }) => key },
      { head: 'value', value: ({ value, unset }) => (value === undefined ? `(${unset})` : valueText(value)) },
      ...(origins === true ? [{ head: 'from', value: ({ origin }: { origin: string }) => origin }] : []),
    ],
    rows,
    'There are no settings.',
  );
  const ledger = ledgerSetting(resolved);
  printLine(`The ledger is what ${ledger} names: ${redacted(databaseOf(resolved))}.`);
}

/** Of a URL its password is left out; of what is all secret it is said that it is set, and by which name others know it. */
const shownText = (key: string, value: string): string =>
  key === 'key' ? `set (${redacted(value)})` : redacted(value);

const checkedText = (file: SettingsFile | null): string =>
  file === null
    ? `The environment is valid. There is no configuration file: ${lookedAt()}.`
    : `${file.path} and the environment are valid.`;

const lookedAt = (): string => `${usualConfigFiles(processEnvironment()).join(' and ')} do not exist`;

const valueText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
