/** Programs of the operating system that a service is told of by. */
import { execFile } from 'node:child_process';
import { failure } from '../exit.js';

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const outputBytesMax = 16 * 1_048_576;

/** Whatever it ends with. Throws where there is no such program. */
export function callTool(name: string, args: readonly string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    execFile(name, args, { maxBuffer: outputBytesMax }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr });
      reject(failure(error.code === 'ENOENT' ? `there is no program ${name} here.` : `${name}: ${error.message}.`));
    });
  });
}

/** Throws where it does not end well. */
export async function useTool(name: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await callTool(name, args);
  if (code === 0) return stdout;
  const said = stderr.trim() || stdout.trim() || `it ended with ${code}`;
  throw failure(`${name} ${args.join(' ')}: ${said.replace(/\.$/, '')}.`);
}
