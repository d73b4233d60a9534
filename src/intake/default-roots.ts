/** Where the programs that write a format keep it, for a run that names no folder. */
import { basename, dirname, join } from 'node:path';

export interface HomeEnvironment {
  readonly CLAUDE_CONFIG_DIR?: string | undefined;
  readonly XDG_CONFIG_HOME?: string | undefined;
}

/** Folders that may be there; empty where nothing is known of a format. */
export function defaultRoots(format: string, environment: HomeEnvironment, home: string): readonly string[] {
  return format === 'claude-transcript' ? claudeRoots(environment, home) : [];
}

/** Claude Code is told its folders as a list with commas, which may name the one of the projects itself; else it has had two. */
export function claudeRoots({ CLAUDE_CONFIG_DIR, XDG_CONFIG_HOME }: HomeEnvironment, home: string): readonly string[] {
  const told = (CLAUDE_CONFIG_DIR ?? '')
    .split(',')
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');
  const usual = [join(XDG_CONFIG_HOME || join(home, '.config'), 'claude'), join(home, '.claude')];
  const folders = (told.length > 0 ? told : usual).map((folder) =>
    join(basename(folder) === 'projects' ? dirname(folder) : folder, 'projects'),
  );
  return [...new Set(folders)];
}
