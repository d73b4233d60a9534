/**
 * Whether a stream gets colours: a terminal does, a pipe or file gets none, whatever else the environment says (CI
 * systems set `CI`, and what is piped there is data too). `FORCE_COLOR` and `NO_COLOR` decide otherwise:
 * https://no-color.org, https://force-color.org
 */
import pc from 'picocolors';

type Colours = ReturnType<typeof pc.createColors>;

export const stdoutColours: Colours = pc.createColors(wantsColours(process.stdout));
export const stderrColours: Colours = pc.createColors(wantsColours(process.stderr));

function wantsColours(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: never = '', FORCE_COLOR: always = '', TERM: terminal } = process.env;
  if (never !== '') return false;
  if (always !== '') return always !== '0';
  return stream.isTTY === true && terminal !== 'dumb';
}
