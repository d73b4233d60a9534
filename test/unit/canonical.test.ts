// Canonical JSON is what is hashed: it must be RFC 8785 to the byte, or no other program could verify the chain.
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { canonicalJson } from '../../src/events/canonical.js';

t.test('writes the examples of RFC 8785, section 3.2', async (t) => {
  const sample = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`;
  t.equal(
    canonicalJson(JSON.parse(sample)),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
  const unsorted = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  // A parser would move the member "1" to the front, so the text is read instead.
  const order = [...canonicalJson(unsorted).matchAll(/:"([^"]+)"/g)].map(([, value]) => value);
  t.strictSame(order, [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
});

t.test('writes the numbers of RFC 8785, appendix B', async (t) => {
  const numbers: [bits: string, text: string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ];
  for (const [bits, text] of numbers) t.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text, bits);
  for (const bits of ['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000']) {
    t.throws(() => canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), TypeError, bits);
  }
});

t.test('agrees with another implementation on any JSON value, and reads back as that value', async () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), (value) => {
      const text = canonicalJson(value);
      if (text !== canonicalize(value)) throw new Error(`${text} is not ${canonicalize(value)}`);
      if (canonicalJson(JSON.parse(text)) !== text) throw new Error(`${text} does not read back`);
    }),
    { numRuns: 500, seed: 8785 },
  );
});

t.test('leaves out members that are undefined, and nothing else', async (t) => {
  t.equal(
    canonicalJson({ b: undefined, a: 0, c: null, d: '', e: false, f: [] }),
    '{"a":0,"c":null,"d":"","e":false,"f":[]}',
  );
});

t.test('refuses what has no JSON', async (t) => {
  const values = {
    undefined,
    function: () => 0,
    bigint: 1n,
    symbol: Symbol('s'),
    hole: [undefined],
    surrogate: 'a\ud800b',
  };
  for (const [name, value] of Object.entries(values)) t.throws(() => canonicalJson(value), TypeError, name);
  t.throws(() => canonicalJson({ '\udc00': 1 }), TypeError, 'a lone surrogate as a name');
});
