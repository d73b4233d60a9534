// Goal: no way of writing an address, and no answer of the name service, leads a message to this machine, its network or its provider.
import { test } from 'tap';
import { post } from '../../src/outbox/post.js';
import { isPublicAddress } from '../../src/outbox/public-address.js';
import { attemptsMax, waitAfter } from '../../src/outbox/schedule.js';
import { type Address, shownUrl, Targets } from '../../src/outbox/target.js';
import { nextTurn, systemClock } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { noon } from '../support/fold.js';
import { Receiver } from '../support/receiver.js';

/** Everything that is not the internet, a few of each range. */
const inner = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:127.0.0.1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  'nothing',
  '',
];

const outer = [
  '1.1.1.1',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00::1',
];

/** Hosts as a URL may write them, each of which is one of those above. */
const odd = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '０１７７.0.0.1',
  '127。0。0。1',
  '①②⑦.0.0.1',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:169.254.169.254]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[2002:7f00:1::]',
];

const leadsTo =
  (...addresses: readonly string[]) =>
  async (): Promise<readonly Address[]> =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const noSignal = new AbortController().signal;
const message = (url: string) => ({ url, headers: {}, body: '{}' });

test('addresses', async (t) => {
  for (const address of inner) t.notOk(isPublicAddress(address), address);
  for (const address of outer) t.ok(isPublicAddress(address), address);
});

test('however an address is written, it is known', async (t) => {
  const targets = new Targets();
  for (const host of odd) {
    t.throws(() => targets.parse(`https://${host}/`), { message: /leads to .* not in the internet|is no URL/ }, host);
    t.match(await post(targets, systemClock, message(`https://${host}/`), noSignal), {
      status: null,
      error: /the URL /,
    });
  }
  for (const host of ['1.1.1.1', '[2606:4700:4700::1111]', 'example.org'])
    t.doesNotThrow(() => targets.parse(`https://${host}/`), host);
});

test('a name is refused where any of its addresses is', async (t) => {
  const url = new URL('https://example.org/');
  for (const address of inner.filter((each) => each !== ''))
    await t.rejects(
      new Targets('', leadsTo('1.1.1.1', address)).addresses(url),
      { message: /not in the internet/ },
      address,
    );
  await t.rejects(new Targets('', leadsTo()).addresses(url), { message: /no address/ });
  t.same((await new Targets('', leadsTo(...outer)).addresses(url)).length, outer.length);
});

test('a host that is allowed is reached wherever it is, at its port, and no other one', async (t) => {
  const receiver = await Receiver.start(t);
  const { port } = new URL(receiver.url);
  const there = leadsTo('127.0.0.1');
  const sent = (allowed: string, url: string) => post(new Targets(allowed, there), systemClock, message(url), noSignal);
  for (const allowed of ['pager.lan', ` x , PAGER.lan:${port}`])
    t.match(await sent(allowed, `http://pager.lan:${port}/`), { status: 204, error: null }, allowed);
  t.equal(
    receiver.got[0]?.headers.host,
    `pager.lan:${port}`,
    'the name is told, although the address was connected to',
  );
  for (const allowed of ['', 'pager.lan:1', 'lan', 'other.lan', '127.0.0.1'])
    t.match(await sent(allowed, `http://pager.lan:${port}/`), { status: null, error: /not https/ }, allowed);
  t.match(await sent('', `https://pager.lan:${port}/`), { status: null, error: /leads to 127\.0\.0\.1/ });
  t.equal(receiver.got.length, 2);
});

test('what a name leads to is looked at again each time, and the connection goes where it was looked', async (t) => {
  const receiver = await Receiver.start(t);
  const { port } = new URL(receiver.url);
  const answers = [['1.1.1.1', '127.0.0.1'], ['127.0.0.1']];
  let asked = 0;
  const rebinding = async () => leadsTo(...(answers[asked++] ?? []))();
  const targets = new Targets('', rebinding);
  for (const _ of answers)
    t.match(await post(targets, systemClock, message(`https://rebind.example:${port}/`), noSignal), { status: null });
  t.equal(asked, 2, 'once for each attempt: there is no second look between the first and the connection');
  t.same(receiver.got, []);
});

test('no answer is none after 15 seconds', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.answer = () => new Promise(() => {});
  const clock = new ManualClock(noon);
  const attempt = post(new Targets('127.0.0.1'), clock, message(receiver.url), noSignal);
  await receiver.received(1);
  let ended = false;
  void attempt.then(() => {
    ended = true;
  });
  clock.advance(14_999);
  await nextTurn();
  t.notOk(ended);
  clock.advance(1);
  t.same(await attempt, { status: null, error: 'there was no answer in time', reply: null, retryAfter: null });
});

test('a URL is shown without what may be a secret', async (t) => {
  t.equal(shownUrl('https://hooks.example/services/T0/B0/secret'), 'https://hooks.example/…');
  t.equal(shownUrl('https://hooks.example/?token=secret'), 'https://hooks.example/…');
  t.equal(shownUrl('https://hooks.example:8443/'), 'https://hooks.example:8443');
});

test('waits between attempts', async (t) => {
  t.equal(attemptsMax, 10);
  t.equal(waitAfter(10, null, 0, 0), null);
  t.equal(waitAfter(10, '600', 0, 0), null, 'however it asks');
  t.equal(waitAfter(1, null, 0, 0), 5_000);
  t.equal(waitAfter(1, null, 0, 1), 5_500);
  t.equal(waitAfter(1, '600', 0, 0), 600_000);
  t.equal(waitAfter(9, '600', 0, 0), 86_400_000, 'never sooner');
  t.equal(waitAfter(1, '999999999', 0, 0), 86_400_000, 'a day at most');
  t.equal(waitAfter(1, new Date(90_000).toUTCString(), 30_000, 0), 60_000);
  for (const odd of ['', '-1', 'soon', '1e9']) t.equal(waitAfter(1, odd, Date.UTC(2026, 0, 1), 0), 5_000, odd);
});
