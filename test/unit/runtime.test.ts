import { setImmediate } from 'node:timers/promises';
import { test } from 'tap';
import { passBytes } from '../../src/runtime/v8.js';

test('buffers that are needed once do not pile up', async (t) => {
  const bytes = 600_000;
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  let most = 0;
  for (let i = 0; i < 300; i += 1) {
    Buffer.from(new ArrayBuffer(bytes)).fill(i);
    passBytes(bytes);
    await setImmediate();
    most = Math.max(most, held() - before);
  }
  t.ok(most < 20_000_000, `${most} bytes of ${300 * bytes}`);
});
