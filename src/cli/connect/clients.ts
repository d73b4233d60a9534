/** The clients that can be connected: what they keep of their use, and where their settings are. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { claudeFolders } from '../../intake/default-roots.js';
import { processEnvironment } from '../../settings/environment.js';
import { claudeEditor } from './claude-settings.js';
import { codexEditor, withdrawCodex } from './codex-settings.js';
import type { SettingsEditor } from './editor.js';
import { geminiEditor } from './gemini-settings.js';
import { withdrawJson } from './json-editor.js';
import { shellEditor, withdrawShell } from './shell-lines.js';
import type { Wish } from './wish.js';

/** What of a client's settings is to be written. */
export interface WantedParts {
  readonly statusLine: string | undefined;
  readonly hooks: boolean;
  readonly telemetry: boolean;
}

export interface ConnectedClient {
  readonly title: string;
  /** Of `sources list`; null where nothing is kept that could be read. */
  readonly format: string | null;
  /** Whether or not they exist. */
  settingsFiles(): readonly string[];
  editor(wish: Wish, parts: WantedParts): SettingsEditor;
  /** As its editor does; whatever is wished. */
  readonly withdraw: SettingsEditor['withdraw'];
  /** What a person does then. */
  readonly afterwards: string;
}

export const clientNames = ['claude', 'codex', 'gemini', 'otel'] as const;
export type ClientName = (typeof clientNames)[number];

export const clients: Readonly<Record<ClientName, ConnectedClient>> = {
  claude: {
    title: 'Claude Code',
    format: 'claude-transcript',
    settingsFiles: () => claudeSettings().map((folder) => join(folder, 'settings.json')),
    editor: (wish, parts) => claudeEditor({ ...wish, ...parts }),
    withdraw: withdrawJson,
    afterwards: 'Sessions that are open take it over when they are started again.',
  },
  codex: {
    title: 'Codex',
    format: 'codex-rollout',
    settingsFiles: () => [join(processEnvironment().CODEX_HOME || join(homedir(), '.codex'), 'config.toml')],
    editor: (wish) => codexEditor(wish),
    withdraw: withdrawCodex,
    afterwards: 'Sessions that are open take it over when they are started again.',
  },
  gemini: {
    title: 'Gemini CLI',
    format: 'gemini-chat',
    settingsFiles: () => [join(homedir(), '.gemini', 'settings.json')],
    editor: (wish) => geminiEditor(wish),
    withdraw: withdrawJson,
    afterwards: 'Sessions that are open take it over when they are started again.',
  },
  otel: {
    title: 'OpenTelemetry',
    format: null,
    settingsFiles: () => [],
    editor: (wish) => shellEditor(wish),
    withdraw: withdrawShell,
    afterwards: 'Shells that read the file from here on have the variables.',
  },
};

/** Those that the client is told, else the one it has; the other one of old is only read. */
function claudeSettings(): readonly string[] {
  const { CLAUDE_CONFIG_DIR } = processEnvironment();
  const folders = claudeFolders(processEnvironment(), homedir());
  if ((CLAUDE_CONFIG_DIR ?? '').trim() !== '') return folders;
  return folders.filter((folder) => folder === join(homedir(), '.claude'));
}

/** Whether the client was ever used here. */
export const isInstalled = (files: readonly string[]): boolean => files.some((file) => existsSync(dirname(file)));
