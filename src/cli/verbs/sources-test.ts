/** `sources test`: whether a source works on this machine. */
import type { Command } from 'commander';
import type { FileTrial, Trial } from '../../intake/try-source.js';
import type { Source } from '../../sources/source.js';
import { addExamples, jsonOption } from '../options.js';

export function define(sources: Command): void {
  const command = sources
    .command('test <format> [path]')
    .description(
      'Say whether a format can be read here: where its files are looked for, whether they can be read, and what the newest one shows. The exit code is 1 where nothing was found in any of the newest files.',
    )
    .addOption(jsonOption());
  command.action(show);
  addExamples(command, 'sources test claude-transcript', 'sources test codex-rollout /srv/p1/codex/sessions --json');
}

async function show(format: string, path: string | undefined, { json }: { readonly json?: true }): Promise<void> {
  const { sourceNamed } = await import('../sources/find-source.js');
  const { usualRoots } = await import('../sources/roots.js');
  const { trySource } = await import('../../intake/try-source.js');
  const { exitCodes, usageError } = await import('../exit.js');
  const source = await sourceNamed(format);
  const roots = path === undefined ? usualRoots(source) : [path];
  if (roots.length === 0) throw usageError(`Name the file or the folder to read: none is known for ${format}.`);
  const now = Date.now();
  const trial = trySource(source, roots, now);
  if (json === true) {
    const { printJson } = await import('../output.js');
    printJson(bodyOf(source, trial, now));
  } else await print(source, trial, now);
  if (trial.telling === null) process.exitCode = exitCodes.no;
}

const bodyOf = ({ format, version }: Source, { roots, files, skipped, newest, telling }: Trial, now: number) => ({
  format,
  reader_version: version,
  works: telling !== null,
  roots,
  files,
  skipped,
  newest: newest && fileBody(newest, now),
  telling: telling && fileBody(telling, now),
});

const fileBody = ({ modifiedAt, clientVersions, counts, ...rest }: FileTrial, now: number) => ({
  ...rest,
  modified_at: new Date(modifiedAt).toISOString(),
  age_s: ageOf(modifiedAt, now),
  client_versions: clientVersions,
  uses: counts.use,
  readings: counts.quota,
  sessions: counts.total,
  events: counts.event,
});

const ageOf = (modifiedAt: number, now: number): number => Math.max(0, Math.round((now - modifiedAt) / 1_000));

async function print(source: Source, trial: Trial, now: number): Promise<void> {
  const { printLine } = await import('../output.js');
  const { printSkipped } = await import('../sources/print.js');
  const { durationText } = await import('../../text/duration.js');
  const { countText } = await import('../../text/number.js');
  const { roots, files, newest, telling } = trial;
  for (const { path, fault } of roots) printLine(`${path}: ${fault === null ? 'can be read' : faultText(fault)}.`);
  printLine(`${countText(files)} ${files === 1 ? 'file' : 'files'} of ${source.format}.`);
  printSkipped('Not looked at', trial.skipped);
  if (newest === null) return;
  printLine(`The newest one, ${newest.file}, was written ${durationText(ageOf(newest.modifiedAt, now))} ago.`);
  if (telling === null) printLine('None of the newest files shows anything that is recorded.');
  else {
    const { use, quota, total, event } = telling.counts;
    const which = telling === newest ? 'It' : telling.file;
    printLine(`${which} shows: uses ${use}, readings ${quota}, totals of sessions ${total}, events ${event}.`);
    const versions = telling.clientVersions.join(', ');
    if (versions !== '') printLine(`Written by version ${versions} of its program.`);
  }
  const { refused, skipped } = telling ?? newest;
  if (refused !== null) printLine(`Refused: ${refused}`);
  printSkipped('Left out of it', skipped);
}

const faultText = (fault: string): string => (fault === 'missing' ? 'is not there' : fault.replaceAll('-', ' '));
