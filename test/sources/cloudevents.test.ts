// Goal: an event is read in each of the three ways of HTTP, once by its source and id, and what is no event of version 1.0 is not.
import t from 'tap';
import { cloudEvents } from '../../src/sources/cloudevents.js';
import type { ReadResult } from '../../src/sources/source.js';

function read(body: string, headers?: Record<string, string>): ReadResult {
  return cloudEvents.read(Buffer.from(body), { at: 7, path: null, headers });
}

const event = {
  specversion: '1.0',
  id: 'a1',
  source: '/agents/orange',
  type: 'resource-share.usage.recorded',
  time: '2026-01-01T00:00:00Z',
  data: { n: 1 },
};
const wanted = {
  kind: 'event',
  event: 'resource-share.usage.recorded',
  id: 'a1',
  source: '/agents/orange',
  data: { n: 1 },
  occurredAt: Date.UTC(2026, 0, 1),
};
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

t.test('an event is the body, or is in its headers', async (t) => {
  t.match(read(JSON.stringify(event), structured), { observations: [wanted], skipped: {}, refused: null });
  t.match(read(JSON.stringify(event), { ...structured, 'ce-id': 'other', 'ce-specversion': '1.0' }), {
    observations: [wanted],
  });
  const { data, ...attributes } = event;
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
  const binary = { ...headers, 'content-type': 'application/json' };
  t.match(read(JSON.stringify(data), binary), { observations: [wanted] });
  t.match(
    read(JSON.stringify(data), { ...binary, 'ce-id': 'a%C3%BC' }),
    { observations: [{ id: 'aü' }] },
    'percent-encoded',
  );
  t.match(read(JSON.stringify(data), { ...binary, 'ce-id': '50%' }), { observations: [{ id: '50%' }] });
  t.match(
    read('n=1', { ...binary, 'content-type': 'text/plain' }),
    { observations: [{ data: 'n=1' }] },
    'data that is no JSON',
  );
  t.match(read('[1]', { ...binary, 'content-type': 'application/vnd.x+json' }), { observations: [{ data: [1] }] });
});

t.test('data of other types is not looked at', async (t) => {
  for (const more of [{ data: { prompt: 'words' } }, { data: undefined, data_base64: 'd29yZHM=' }])
    t.match(read(JSON.stringify({ ...event, ...more, type: 'com.example.prompt' }), structured), {
      observations: [{ event: 'com.example.prompt', id: 'a1', data: undefined }],
      skipped: {},
    });
});

t.test('a request that was written to a file is read as it was sent', async (t) => {
  const file = JSON.stringify({
    headers: { 'CE-ID': 'a1', 'Ce-Source': 's', 'ce-type': 'resource-share.t', 'ce-specversion': '1.0', x: 1 },
    body: '{"n":1}',
  });
  t.match(read(file), { observations: [{ id: 'a1', source: 's', event: 'resource-share.t', data: { n: 1 } }] });
  t.match(read(JSON.stringify({ headers: { 'content-type': 1 }, body: JSON.stringify(event) })), {
    observations: [wanted],
  });
  t.match(read(file, structured), { refused: 'it is no event of version 1.0' }, 'a body is no file');
});

t.test('of a batch each event is taken once, by source and id, and what is none is counted', async (t) => {
  const batch = [event, { ...event, id: 'a2' }, { ...event, data: 2 }, { ...event, source: '/agents' }];
  const bad = [
    7,
    { ...event, specversion: '0.3' },
    { ...event, id: '' },
    { ...event, source: 5 },
    { ...event, type: undefined },
  ];
  const { observations, skipped, refused } = read(JSON.stringify([...batch, ...bad, bad[0]]));
  t.match(observations, [wanted, { id: 'a2' }, { id: 'a1', source: '/agents' }]);
  t.equal(observations.length, 3);
  t.same(skipped, { repeated: 1, 'not-an-object': 2, 'not-version-1-0': 1, 'no-id': 1, 'no-source': 1, 'no-type': 1 });
  t.equal(refused, null);
  t.match(read('[]'), { observations: { length: 0 }, skipped: {}, refused: null }, 'an empty one is one');
  const apart = [
    { ...event, source: 'a', id: 'bc' },
    { ...event, source: 'ab', id: 'c' },
  ];
  t.equal(read(JSON.stringify(apart)).observations.length, 2);
});

t.test('one that is alone and no event is refused', async (t) => {
  for (const [body, why] of [
    ['{', 'it is no JSON'],
    ['7', 'it is no event'],
    [JSON.stringify({ ...event, specversion: '0.3' }), 'it is no event of version 1.0'],
    [JSON.stringify({ ...event, id: '' }), 'its id is missing or is no short text'],
    [JSON.stringify({ ...event, source: 'a\nb' }), 'its source is missing or is no short text'],
  ] as const)
    t.match(read(body), { observations: { length: 0 }, refused: why }, body);
  t.match(read('{}', { 'ce-id': 'a', 'ce-specversion': '1.0' }), {
    refused: 'its source is missing or is no short text',
  });
});

t.test('a credential in one of them refuses the whole body', async (t) => {
  const body = JSON.stringify([event, { ...event, id: 'a2', data: { accessToken: 'x' } }]);
  const wanted = { observations: { length: 0 }, refused: 'it holds an access or refresh token' };
  t.match(read(body), wanted);
  t.match(read(JSON.stringify({ headers: {}, body })), wanted);
});

t.test('an event that says no time happened when it is read; data may be base64', async (t) => {
  t.match(read(JSON.stringify({ ...event, time: 'soon', data: undefined, data_base64: 'AAE=' })), {
    observations: [{ occurredAt: 7, data: 'AAE=' }],
  });
});
