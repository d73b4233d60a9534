/** The service of this machine, where one was enabled: its files are those that would be rendered now, and it outlives a session. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Scope } from '../../../service/plan.js';
import { type Check, type Finding, ok, type Surroundings, skipped, warning } from '../check.js';

const notEnabled = 'No service was enabled here.';

/** Those that were enabled: of this account, and of the machine. */
async function enabledServices({ environment }: Surroundings) {
  const { openService } = await import('../../service/enabling.js');
  const { managerHere } = await import('../../service/open-manager.js');
  if (process.platform !== 'linux' && process.platform !== 'darwin') return [];
  const scopes: readonly Scope[] = ['user', 'system'];
  const services = [];
  for (const scope of scopes) {
    try {
      const service = await openService(scope, managerHere(), environment);
      if (service.record !== null) services.push(service);
    } catch (error) {
      // What is of root alone is looked at by root.
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
  return services;
}

const flagOf = (scope: Scope): string => (scope === 'system' ? ' --system' : '');

export const serviceAsRendered: Check = {
  id: 'service-drift',
  async run(around): Promise<Finding> {
    const services = await enabledServices(around);
    if (services.length === 0) return skipped(notEnabled);
    const { driftedFiles } = await import('../../service/status.js');
    for (const service of services) {
      const drifted = driftedFiles(service);
      if (drifted.length === 0) continue;
      return warning(
        `${drifted.join(', ')} ${drifted.length === 1 ? 'is' : 'are'} not as this release and these settings render ${drifted.length === 1 ? 'it' : 'them'}.`,
        `\`resource-share service enable${flagOf(service.scope)}\` writes what has drifted, and starts that again; lines of your own go into a drop-in.`,
      );
    }
    return ok(
      `The files of the service are as they would be rendered now (${services.map(({ scope }) => scope).join(', ')}).`,
    );
  },
};

export const serviceLingers: Check = {
  id: 'service-linger',
  async run(around): Promise<Finding> {
    const service = (await enabledServices(around)).find(({ scope }) => scope === 'user');
    if (service === undefined) return skipped('No service of this account was enabled.');
    if (service.manager.name !== 'systemd') return skipped('launchd runs it while this account is logged in.');
    const { username } = userInfo();
    if (existsSync(`/var/lib/systemd/linger/${username}`))
      return ok(`The services of ${username} run without a session, too.`);
    return warning(
      `The service ends with the last session of ${username}, and starts with the first.`,
      '`resource-share service enable --linger` keeps it running.',
    );
  },
};
