/** Programs of the operating system that are not here, or must not be touched: they note how they were called, and answer as told. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Scope, temporaryFolder } from './folder.js';

export interface StubTools {
  /** To be put in front of PATH. */
  readonly folder: string;
  /** Since the last time it was asked: `systemctl --user daemon-reload`. */
  calls(): string[];
  /** What a call is answered with whose words match the pattern of `case` in a shell; `code` is its exit code. */
  answer(tool: string, pattern: string, text: string, code?: number): void;
}

export function stubTools(t: Scope, tools: readonly string[]): StubTools {
  const folder = temporaryFolder(t);
  const log = join(folder, 'calls');
  for (const tool of tools) {
    const answers = join(folder, `${tool}.answers`);
    mkdirSync(answers);
    const script = `#!/bin/sh
echo "${tool} $*" >> '${log}'
for each in '${answers}'/*.sh; do [ -r "$each" ] && . "$each"; done
exit 0
`;
    writeFileSync(join(folder, tool), script);
    chmodSync(join(folder, tool), 0o755);
  }
  let answered = 1_000;
  return {
    folder,
    calls() {
      const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      rmSync(log, { force: true });
      return calls;
    },
    answer(tool, pattern, text, code = 0) {
      // The latest answer goes first.
      answered -= 1;
      const path = join(folder, `${tool}.answers`, `${answered}.sh`);
      writeFileSync(path, `case "$*" in ${pattern}) cat <<'EOF'\n${text}\nEOF\nexit ${code};; esac\n`);
    },
  };
}
