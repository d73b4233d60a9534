/** Where the programs that write a format keep it, for a run that names no folder. */
import { basename, dirname, join } from 'node:path';

export interface HomeEnvironment {
  readonly CLAUDE_CONFIG_DIR?: string | undefined;
  readonly XDG_CONFIG_HOME?: string | undefined;
  readonly CODEX_HOME?: string | undefined;
}

/** Those of which it is known. */
export const formatsOfPrograms = ['claude-transcript', 'codex-rollout', 'gemini-chat'] as const;

/** Folders that may be there; empty where nothing is known of a format. */
export function defaultRoots(format: string, environment: HomeEnvironment, home: string): readonly string[] {
  switch (format) {
    case 'claude-transcript':
      return claudeRoots(environment, home);
    case 'codex-rollout':
      return ['sessions', 'archived_sessions'].map((folder) =>
        join(environment.CODEX_HOME || join(home, '.codex'), folder),
      );
    case 'gemini-chat':
      return [join(home, '.gemini', 'tmp')];
    default:
      return [];
  }
}

export function claudeRoots(environment: HomeEnvironment, home: string): readonly string[] {
  return claudeFolders(environment, home).map((folder) => join(folder, 'projects'));
}

/** Claude Code is told its folders as a list with commas, which may name the one of the projects itself; else it has had two. */
export function claudeFolders(
  { CLAUDE_CONFIG_DIR, XDG_CONFIG_HOME }: HomeEnvironment,
  home: string,
): readonly string[] {
  const told = (CLAUDE_CONFIG_DIR ?? '')
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');
  const usual = [join(XDG_CONFIG_HOME || join(home, '.config'), 'claude'), join(home, '.claude')];
  const folders = (told.length > 0 ? told : usual).map((folder) =>
    basename(folder) === 'projects' ? dirname(folder) : folder,
  );
  return [...new Set(folders)];
}
