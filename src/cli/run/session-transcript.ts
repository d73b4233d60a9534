/** What a run of Claude Code used, response by response, from the transcript that the client writes of its session. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RunUsage } from '../../client/index.js';
import { claudeRoots } from '../../intake/default-roots.js';
import { reportOf } from '../../intake/report.js';
import { systemTimeZone } from '../../runtime/time-zone.js';
import { processEnvironment } from '../../settings/environment.js';
import { claudeTranscript } from '../../sources/claude-transcript.js';
import { combined } from '../../sources/combine.js';

export interface AgentRun {
  readonly identity: string;
  /** Its session; null where it did not say it: then the one that was written to in this folder. */
  readonly session: string | null;
  /** Milliseconds UTC. */
  readonly startedAt: number;
}

/** Of the responses since it started. Null where there is no such transcript, or more than one. */
export function transcriptUses(run: AgentRun): readonly RunUsage[] | null {
  const [file, ...others] = transcriptsOf(run);
  if (file === undefined || others.length > 0) return null;
  const context = { at: Date.now(), timeZone: systemTimeZone(), path: file, mayGrow: false };
  const { observations } = claudeTranscript.read(readFileSync(file), context);
  const whose = { identity: run.identity, mode: 'autonomy', modeSource: 'explicit', project: undefined } as const;
  return combined(observations)
    .filter((one) => one.kind === 'use' && one.occurredAt >= run.startedAt)
    .flatMap((one) => reportOf(one, () => whose) ?? [])
    .map(({ payload: { name: _, ...use } }) => use as RunUsage);
}

function transcriptsOf({ session, startedAt }: AgentRun): string[] {
  const here = process.cwd().replace(/[^A-Za-z0-9]/g, '-');
  return claudeRoots(processEnvironment(), homedir()).flatMap((root) => {
    const folders = namesIn(root).filter((name) => session !== null || name === here);
    return folders
      .flatMap((folder) => namesIn(join(root, folder)).map((name) => ({ name, file: join(root, folder, name) })))
      .filter(({ name, file }) =>
        session === null ? name.endsWith('.jsonl') && modifiedMs(file) >= startedAt : name === `${session}.jsonl`,
      )
      .map(({ file }) => file);
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It is a file, or not there, or closed to this account: no transcript is found in it.
    return [];
  }
}

const modifiedMs = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
