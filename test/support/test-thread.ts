/** A thread that does what its requests say. */
import { Problem } from '../../src/problems.js';
import { serveThread } from '../../src/runtime/thread.js';
import { StorageError } from '../../src/storage-error.js';

export type TestRequest = 'answer' | 'problem' | 'storage' | 'bug' | 'count' | 'wait' | 'end';

serveThread<TestRequest, string, number>(async (request, task) => {
  switch (request) {
    case 'answer':
      return 'answered';
    case 'problem':
      throw new Problem('replay_running', 'it runs');
    case 'storage':
      throw new StorageError('full', 'no room');
    case 'bug':
      throw new Error('a mistake');
    case 'count':
      for (let i = 1; i <= 3; i++) task.report(i);
      return 'counted';
    case 'wait':
      task.report(0);
      await new Promise((resolve) => task.signal.addEventListener('abort', resolve));
      throw new Error('given up');
    case 'end':
      process.exit();
  }
});
