// A process of tests, see test-process.mjs: it loads the test files it is sent, one after the other, and each adds its
// tests to the one run of tap that goes to the output.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { endOfFile } from './test-process.mjs';

for await (const file of createInterface({ input: process.stdin })) {
  const teardowns = [];
  // What a file opens for all of its tests ends with the file, not with the process.
  t.teardown = (task) => teardowns.unshift(task);
  try {
    await import(pathToFileURL(resolve(file)).href);
    while (!t.idle) await once(t, 'idle');
    for (const teardown of teardowns) await teardown();
  } catch (error) {
    await t.test('loads, and closes what it opened', async () => {
      throw error;
    });
  }
  // Of all that is no result, only a pragma reaches the reader after the results before it.
  t.pragma({ [endOfFile]: true });
}
