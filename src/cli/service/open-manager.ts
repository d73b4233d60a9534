/** The manager of services that this machine has. */
import type { Manager, Scope } from '../../service/plan.js';
import { failure } from '../exit.js';
import type { ServiceManager } from './manager.js';

export function managerHere(platform: NodeJS.Platform = process.platform): Manager {
  if (platform === 'linux') return 'systemd';
  if (platform === 'darwin') return 'launchd';
  throw failure(`Services are those of systemd and launchd, and ${platform} has neither; ops/ has files for others.`);
}

export async function openManager(name: Manager, scope: Scope, units: string): Promise<ServiceManager> {
  if (name === 'systemd') {
    const { Systemd } = await import('./systemd-manager.js');
    return new Systemd(scope, units);
  }
  const { Launchd } = await import('./launchd-manager.js');
  return new Launchd(scope, units);
}
