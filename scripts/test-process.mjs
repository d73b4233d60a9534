// A process in which test files run one after the other, seen from outside: loading tap, the engines and the server costs
// a second of processor time, which is paid once a process and not once a file.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';

const program = fileURLToPath(new URL('test-files.mjs', import.meta.url));
/** What a process of tests says when a file is done. */
export const endOfFile = 'end-of-file';

const fileMsMax = 600_000;
const endMsMax = 60_000;

/**
 * Runs the files that `take` gives, until it gives none, one has failed, or the process ends. A file that was running when its process
 * ended has failed; no other was taken.
 */
export async function runTestFiles(take, env, report, signal) {
  // The time limit of tap is one of the whole process.
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TAP_TIMEOUT: '0', ...env },
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  const closed = new Promise((done) => child.on('close', (...how) => done(how)));
  let running = null;
  let last = null;
  let failures = 0;
  let alarm;

  const next = () => {
    clearTimeout(alarm);
    // What a failed test left behind must not reach the next file.
    running = signal.aborted || failures > 0 ? undefined : take();
    if (running === undefined) child.stdin.end();
    else {
      last = { file: running, failuresBefore: failures, started: performance.now() };
      child.stdin.write(`${running}\n`);
    }
    // tap answers this signal with what the process is waiting for.
    alarm = setTimeout(() => child.kill('SIGALRM'), running === undefined ? endMsMax : fileMsMax);
  };
  const fail = (result) => {
    failures++;
    report.failed(last.file, result);
  };
  const end = () => report.ended(last.file, failures === last.failuresBefore, performance.now() - last.started);

  const results = new Parser();
  results.on('pass', report.passed);
  results.on('skip', report.skipped);
  results.on('todo', report.skipped);
  results.on('fail', fail);
  results.on('pragma', (name) => {
    if (name !== endOfFile) return;
    end();
    next();
  });
  showPrinted(results, report.printed);
  const parsed = new Promise((done) => results.on('complete', done));
  child.stdout.pipe(results);
  next();

  const [exitCode, exitSignal] = await closed;
  const { ok } = await parsed;
  clearTimeout(alarm);
  signal.removeEventListener('abort', stop);
  // A process that broke off has failed, even if no assertion before it did.
  const brokeOff = running !== undefined || (failures === 0 && (exitSignal !== null || exitCode !== 0 || !ok));
  if (!brokeOff) return;
  fail({ fullname: `the process ended with ${exitSignal ?? `exit code ${exitCode}`}` });
  end();
}

/** What a test printed arrives between its results. */
function showPrinted(parser, print) {
  parser.on('extra', print);
  parser.on('child', (child) => showPrinted(child, print));
}
