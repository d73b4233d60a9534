/** The program as people start it: put together in few files, see scripts/bundle.mjs. */
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.js';

export const program = join(packageRoot, 'dist/app/main.js');

/** As XDG_CONFIG_HOME: a configuration file that sets nothing, in the place of those on the machine. */
export const noSettings = join(packageRoot, 'test/support/no-settings');

/** As XDG_DATA_HOME: nothing can be there, so that no test writes into the home of who runs it. */
export const noData = '/dev/null/none';
