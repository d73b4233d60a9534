/** Goal: whoever signs what it sends is not told that it was taken while nobody looked at the signature. */

import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { eventsOf } from '../support/pushed.js';
import { testServer } from './support.js';

t.test('a request that is signed by the rules of Standard Webhooks is refused with 401', async (t) => {
  const server = await testServer(t);
  const payload = { name: 'Ada', mode: 'autonomy', cost_micro_usd: 125_000 };
  const body = JSON.stringify({
    ...{ specversion: '1.0', id: '1', source: '/build/7', type: 'resource-share.usage.recorded', data: payload },
    ...{ payload, resourceLogs: [] },
  });
  const at = new Date(server.clock.now());
  const signature = new Webhook(`whsec_${Buffer.alloc(32, 7).toString('base64')}`).sign('msg_1', at, body);
  t.match(signature, /^v1,/);
  const signed = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature,
  };
  for (const [url, type] of [
    ['/v1/cloudevents', 'application/cloudevents+json'],
    ['/v1/logs', 'application/json'],
    ['/v1/otlp/v1/logs', 'application/json'],
    ['/v1/hooks/claude', 'application/json'],
    ['/v1/events', 'application/json'],
  ] as const) {
    const response = await server.post(url, body, { ...signed, 'content-type': type });
    t.match(response.json(), { status: 401, code: 'signature_unverified' }, url);
  }
  t.same(await eventsOf(server, 'usage.recorded'), []);
});
