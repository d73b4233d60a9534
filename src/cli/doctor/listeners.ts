/** Who listens at a port of this machine, as far as Linux tells this account. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const listening = '0A';

/** `process 42 (node)`, or `another program`; null where nobody listens, or the system does not say. */
export function listenerAt(port: number): string | null {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => socketsIn(table, port));
  if (inodes.length === 0) return null;
  const links = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pid = numbers('/proc').find((each) => links.size > 0 && hasOpen(each, links));
  return pid === undefined ? 'another program' : `process ${pid} (${nameOf(pid)})`;
}

/** Inodes of sockets that listen there. Columns: number, local address, remote address, state, …, inode. */
function socketsIn(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return textOf(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === listening && local.endsWith(`:${wanted}`))
    .map((columns) => columns[9] ?? '');
}

function hasOpen(pid: string, links: ReadonlySet<string>): boolean {
  return numbers(`/proc/${pid}/fd`).some((fd) => {
    try {
      return links.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

const nameOf = (pid: string): string => textOf(`/proc/${pid}/comm`).trim();

function numbers(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
