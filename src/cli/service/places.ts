/** Where the files of a service are on this machine. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Manager, Scope } from '../../service/plan.js';
import type { Environment } from '../../settings/environment.js';

export interface ServicePlaces {
  /** Of units, or of property lists. */
  readonly units: string;
  readonly config: string;
  readonly environmentFile: string;
  /** What `service enable` has done, so that `service uninstall` undoes just that. */
  readonly record: string;
  /** Files in it are handed over as credentials. */
  readonly credentials: string;
  readonly logFile: string;
  readonly home: string;
}

export function placesOf(scope: Scope, manager: Manager, environment: Environment): ServicePlaces {
  const home = homedir();
  const { XDG_CONFIG_HOME: configHome = '' } = environment;
  const userConfig = isAbsolute(configHome) ? configHome : join(home, '.config');
  const config = scope === 'system' ? '/etc/resource-share' : join(userConfig, 'resource-share');
  return {
    units: unitFolder(scope, manager, home, userConfig),
    config,
    environmentFile: join(config, 'service.env'),
    record: join(config, 'service.json'),
    credentials: join(config, 'credentials'),
    logFile: logFile(scope, manager, home),
    home,
  };
}

function unitFolder(scope: Scope, manager: Manager, home: string, userConfig: string): string {
  if (manager === 'systemd') return scope === 'system' ? '/etc/systemd/system' : join(userConfig, 'systemd', 'user');
  return scope === 'system' ? '/Library/LaunchDaemons' : join(home, 'Library', 'LaunchAgents');
}

function logFile(scope: Scope, manager: Manager, home: string): string {
  if (manager === 'systemd') return '/var/log/resource-share/resource-share.log';
  return scope === 'system' ? '/var/log/resource-share.log' : join(home, 'Library', 'Logs', 'resource-share.log');
}
