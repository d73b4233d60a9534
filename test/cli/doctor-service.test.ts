/** Goal: `doctor` says where the service that is installed is not the one that would be rendered, and where it ends with a session. */
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { madeHome } from '../support/home.js';
import { stubTools } from '../support/stub-tools.js';
import { run } from './run.js';

interface Finding {
  readonly id: string;
  readonly state: string;
  readonly text: string;
  readonly remedy: string | null;
}

t.test(
  'the service that is installed is compared with the one that would be',
  { skip: process.platform !== 'linux' && 'it is about systemd' },
  async (t) => {
    const { home, data, env } = madeHome(t);
    const tools = stubTools(t, ['systemctl', 'loginctl', 'journalctl']);
    tools.answer('systemctl', '*is-system-running*', 'running');
    const { RESOURCE_SHARE_DATA: _, ...clean } = env;
    const around = {
      ...clean,
      PATH: `${tools.folder}:${process.env.PATH}`,
      XDG_CONFIG_HOME: '',
      XDG_STATE_HOME: '',
      RESOURCE_SHARE_PORT: '0',
    };
    const ask = (...args: string[]) => run([...args, '--data', data], { env: around });
    await ask('usage', 'record', 'Ada', '--cost', '1');
    const findings = async (): Promise<Record<string, Finding>> => {
      const found = JSON.parse((await ask('doctor', '--json')).stdout) as Finding[];
      return Object.fromEntries(found.map((each) => [each.id, each]));
    };

    t.match(await findings(), { 'service-drift': { state: 'skipped' }, 'service-linger': { state: 'skipped' } });
    await ask('service', 'enable');
    t.match(await findings(), {
      'service-drift': { state: 'ok' },
      'service-linger': { state: 'warning', remedy: /service enable --linger/ },
    });
    const unit = join(home, '.config/systemd/user/resource-share.service');
    appendFileSync(unit, 'Nice=5\n');
    t.match(await findings(), { 'service-drift': { state: 'warning', text: unit, remedy: /service enable/ } });
    await ask('service', 'enable');
    t.match(await findings(), { 'service-drift': { state: 'ok' } });
    rmSync(unit);
    t.match(await findings(), { 'service-drift': { state: 'warning', text: unit } });
  },
);
