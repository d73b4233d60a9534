// Goal: a key that was cut, mistyped or made up is told from one that is unknown, and no two keys are alike.
import t from 'tap';
import { hashOfKey, idInKey, makeKey } from '../../src/trust/api-key.js';
import { isSameSecret } from '../../src/trust/same-secret.js';

t.test('a key has the published form, and its id is in it', async (t) => {
  for (let i = 0; i < 200; i++) {
    const { id, text } = makeKey();
    t.match(text, /^rs_[0-9a-z]{8}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
    t.equal(idInKey(text), id);
  }
});

t.test('every change of one character, and every cut, is seen by the checksum', async (t) => {
  const { text } = makeKey();
  const passed: string[] = [];
  for (let at = 0; at < text.length; at++) {
    for (const other of ['A', 'b', '7', '_', '-']) {
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      if (changed !== text && idInKey(changed) !== null) passed.push(changed);
    }
    if (idInKey(text.slice(0, at)) !== null) passed.push(text.slice(0, at));
  }
  t.same(passed, []);
  for (const other of ['', 'changeme', `${text}x`, ` ${text}`, text.toUpperCase(), `rs_${'0'.repeat(58)}`])
    t.equal(idInKey(other), null, other);
});

t.test('a key fits its own hash and no other', async (t) => {
  const [one, two] = [makeKey(), makeKey()];
  t.not(one.text, two.text);
  t.equal(hashOfKey(one.text).length, 32);
  t.ok(isSameSecret(hashOfKey(one.text), hashOfKey(one.text)));
  t.notOk(isSameSecret(hashOfKey(one.text), hashOfKey(two.text)));
  t.notOk(isSameSecret(hashOfKey(one.text), new Uint8Array(31)));
});
