/** Which ledger a run is about: `data` and `database` both say it, so one of them has to win. */
import { Problem } from '../problems.js';
import { type LayeredValue, type Resolved, requireSettings } from './resolve.js';

const ranks: readonly LayeredValue['layer'][] = ['default', 'file', 'environment', 'flag'];

/** Whichever is given in the higher layer; within one a server beats a directory, but two flags are a mistake. */
export function ledgerSetting({ given }: Resolved): 'data' | 'database' {
  const [data, database] = [given.get('data') as LayeredValue, given.get('database') as LayeredValue];
  if (database.layer === 'default') return 'data';
  if (data.layer === 'flag' && database.layer === 'flag') {
    throw new Problem('setting_invalid', '--data and --database both say where the ledger is: leave one of them out.');
  }
  return ranks.indexOf(database.layer) >= ranks.indexOf(data.layer) ? 'database' : 'data';
}

/** A data directory, or the URL of a server. */
export function databaseOf(resolved: Resolved): string {
  if (ledgerSetting(resolved) === 'data') return requireSettings(resolved, 'data').data as string;
  return requireSettings(resolved, 'database').database as string;
}
