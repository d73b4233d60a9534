/** What a client has kept so far: looked at, and taken in as `collect --once` does. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { whoseOf } from '../../intake/whose-of.js';
import { requireSettings } from '../../settings/resolve.js';
import { Collector } from '../collect/collector.js';
import { type Collected, printCollected } from '../collect/print.js';
import { surroundingsOf } from '../mode.js';
import { settingsFor } from '../options.js';
import { printLine } from '../output.js';
import { priceBookOf } from '../price-input.js';
import { ProgressLine } from '../progress.js';
import { sourceNamed } from '../sources/find-source.js';
import { usualRoots } from '../sources/roots.js';
import { type Survey, survey } from './survey.js';

const tryMs = 30_000;
/** Looking at less is done before anybody reads how far it is. */
const progressBytesMin = 5_000_000;

export async function findUse(command: Command, format: string): Promise<Survey> {
  const source = await sourceNamed(format);
  const {
    agent,
    sources,
    time_zone: timeZone,
  } = requireSettings(settingsFor(command), 'agent', 'sources', 'time_zone');
  const at = Date.now();
  const whose = whoseOf({ ...surroundingsOf(sources), identity: agent }, at);
  const progress = process.stderr.isTTY ? new ProgressLine('MB') : null;
  const found = survey({
    source,
    roots: usualRoots(source).filter((root) => existsSync(root)),
    at,
    book: await priceBookOf(command),
    timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    whose: ({ place, occurredAt, session }) => whose(place, occurredAt, session),
    onRead: (read, total) => {
      if (total >= progressBytesMin) progress?.show('looking', Math.round(read / 1e6), Math.round(total / 1e6));
    },
  });
  progress?.end();
  return found;
}

/** What became of it, printed where it is not to be JSON. */
export async function importAll(command: Command, format: string, isJson: boolean): Promise<readonly Collected[]> {
  const source = await sourceNamed(format);
  const named = usualRoots(source);
  const roots = named.filter((root) => existsSync(root));
  const collected = await new Collector(command, { mode: 'auto', timeout: tryMs }).collect([{ source, roots, named }]);
  if (!isJson) {
    printCollected(collected);
    printLine();
  }
  return collected;
}
