/** The line for a shell on another machine that keeps its key there, in a file of its own, and says where the daemon is. */
import { quoted } from './shell-quote.js';

export interface MachineAccess {
  readonly url: string;
  readonly key: string;
  readonly pool: string | undefined;
}

/** It begins with a space, so that most shells do not remember it, and `printf` is in no list of processes. Nothing is overwritten. */
export function machineLine({ url, key, pool }: MachineAccess): string {
  const settings = JSON.stringify({ url, key_file: 'key', ...(pool === undefined ? {} : { pool }) });
  return ` (umask 077; set -C; d="\${XDG_CONFIG_HOME:-$HOME/.config}/resource-share"; mkdir -p "$d" && printf '%s\\n' ${quoted(settings)} > "$d/config.json" && printf '%s\\n' ${quoted(key)} > "$d/key")`;
}
