/** Goal: a daemon goes by the settings that say whose use data of others is, and in which mode. */
import { join } from 'node:path';
import t from 'tap';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { logsJson } from '../support/otlp.js';

t.test('rules, and the mode where nothing else says it', async (t) => {
  const rules = JSON.stringify([{ host: 'box', identity: 'Ben', project: 'p1' }]);
  const env = { RESOURCE_SHARE_SOURCES_RULES: rules, RESOURCE_SHARE_SOURCES_MODE: 'collaboration' };
  const daemon = await spawnDaemonIn(env, join(temporaryFolder(t), 'data'));
  t.teardown(() => daemon.stop());
  const attributes = { request_id: 'req_1', input_tokens: 10, 'host.name': 'box' };
  const response = await fetch(`${daemon.url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: logsJson([{ body: 'claude_code.api_request', attributes }]),
  });
  t.equal(response.status, 200);
  const { events } = (await (await fetch(`${daemon.url}/v1/events?type=usage.recorded`)).json()) as {
    events: object[];
  };
  t.match(events, [
    {
      payload: { name: 'Ben', project: 'p1', mode: 'collaboration', mode_source: 'default', instance: { host: 'box' } },
    },
  ]);
});

t.test(
  'telemetry, which says no folder, counts for whom the hooks of its session say, and the transcripts',
  async (t) => {
    const rules = JSON.stringify([{ cwd: '/srv/ada/**', identity: 'Ada' }]);
    const daemon = await spawnDaemonIn({ RESOURCE_SHARE_SOURCES_RULES: rules }, join(temporaryFolder(t), 'data'));
    t.teardown(() => daemon.stop());
    const post = (path: string, body: string) =>
      fetch(`${daemon.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const hook = { hook_event_name: 'UserPromptSubmit', session_id: 's1', cwd: '/srv/ada/app', prompt: 'words' };
    // What cannot be told in time, as on a busy machine, is not told.
    let told = '{}';
    for (let asked = 0; told === '{}' && asked < 50; asked += 1)
      told = await (await post('/v1/hooks/claude', JSON.stringify(hook))).text();
    t.match(told, /Ada is not known here yet/);
    const use = (request: string, session: string, more: object = {}) => ({
      body: 'claude_code.api_request',
      attributes: { request_id: request, 'session.id': session, input_tokens: 10, model: 'claude-opus-5', ...more },
    });
    const records = [use('req_1', 's1', { 'agent.name': 'Explore' }), use('req_2', 's2', { 'agent.name': 'Explore' })];
    t.equal((await post('/v1/logs', logsJson(records))).status, 200);
    const { events } = (await (await fetch(`${daemon.url}/v1/events?type=usage.recorded`)).json()) as {
      events: { payload: { name: string; project?: string } }[];
    };
    t.strictSame(
      events.map(({ payload: { name, project } }) => [name, project]),
      [
        ['Ada', 'app'],
        ['Explore', undefined],
      ],
    );
  },
);
