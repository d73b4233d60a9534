/** Which sessions of tmux there are, and whether somebody looks at them: asked of tmux itself, of the server that it would use. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { limits } from '../limits.js';
import type { TmuxView } from './who.js';

/** Clients of the session, and of the group that shares its windows; the name last, as it may hold spaces. */
const format = '#{session_attached} #{session_group_attached} #{session_name}';

/** Undefined where tmux is not installed, has no server, or does not answer. */
export async function lookAtTmux(session?: string): Promise<TmuxView | undefined> {
  try {
    const { stdout } = await promisify(execFile)('tmux', ['list-sessions', '-F', format], {
      timeout: limits.tmuxMsMax,
      killSignal: 'SIGKILL',
    });
    const states = statesIn(stdout);
    return { session, stateOf: (name) => states.get(name) };
  } catch {
    return undefined;
  }
}

function statesIn(list: string): ReadonlyMap<string, 'attached' | 'detached'> {
  const states = new Map<string, 'attached' | 'detached'>();
  for (const line of list.split('\n')) {
    const [, own, group, name] = /^(\d+) (\d*) (.+)$/.exec(line) ?? [];
    if (name !== undefined) states.set(name, Number(own) + Number(group) > 0 ? 'attached' : 'detached');
  }
  return states;
}
