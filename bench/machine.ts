/** The machine that figures come from, as they name it. */
import { cpus, release, totalmem } from 'node:os';

export function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory}, Linux ${release()}. Node ${process.version}`;
}
