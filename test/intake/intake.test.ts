// Whose use it is that a daemon is told of, where the data alone does not say it.
import t from 'tap';
import { Intake } from '../../src/intake/intake.js';

const at = Date.UTC(2026, 0, 5, 12);
const rules = [{ cwd: '/srv/ada/**', identity: 'Ada' }];

function intake() {
  return new Intake({ now: () => at, submit: async () => [] }, { rules, mode: 'collaboration' });
}

t.test('telemetry is of the session whose transcript the daemon reads', async (t) => {
  const one = intake();
  const telemetry = { agentName: 'Explore' };
  t.match(one.whose(telemetry, 's1', at), { identity: 'Explore', identitySource: 'client' });
  one.whoseOf(at, undefined)({ cwd: '/srv/ada/app', entrypoint: 'sdk-cli' }, at, 's1');
  const known = { identity: 'Ada', identitySource: 'rule', project: 'app', mode: 'autonomy', modeSource: 'entrypoint' };
  t.match(one.whose(telemetry, 's1', at), known);
  one.notePlace('s1', { cwd: '/srv/ada/app' });
  t.match(one.whose(telemetry, 's1', at), known, 'a hook does not say how the client was started');
  t.match(one.whose({ ...telemetry, cwd: '/srv/ben' }, 's1', at), { identity: 'Explore' }, 'what the data says counts');
  t.match(one.whose({ ...telemetry, agent: 'Ben' }, 's1', at), { identity: 'Ben', identitySource: 'explicit' });
  t.match(one.whose(telemetry, 's2', at), { identity: 'Explore' });
  t.match(one.whose(telemetry, null, at), { identity: 'Explore' });
});
