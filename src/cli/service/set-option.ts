/** `--set KEY=VALUE`: a setting of the service, checked before it is written. */
import { nearest } from '../../settings/nearest.js';
import { readText, settings } from '../../settings/schema.js';
import { usageError } from '../exit.js';

/** `port=8765` and `RESOURCE_SHARE_PORT=8765`, as a variable and its text. */
export function gatherSettings(
  given: string,
  previous: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const at = given.indexOf('=');
  const name = given.slice(0, Math.max(at, 0));
  const value = given.slice(at + 1);
  const file = [...settings.values()].find((each) => each.isSecret === true && `${each.variable}_FILE` === name);
  const setting = settings.get(name) ?? [...settings.values()].find(({ variable }) => variable === name);
  if (at < 1) throw usageError(`--set takes KEY=VALUE, such as port=8765, and not ${given}.`);
  if (/[\r\n\0]/.test(value)) throw usageError(`--set ${name}: a value is one line.`);
  if (file !== undefined) return new Map([...previous, [name, value]]);
  if (setting === undefined) {
    const guess = nearest(name, settings.keys());
    throw usageError(`--set: no setting is called ${name}${guess === undefined ? '.' : `; did you mean ${guess}?`}`);
  }
  if (setting.isSecret === true)
    throw usageError(
      `--set: everybody on the machine sees ${setting.key} on a command line. Set ${setting.variable}_FILE=PATH, or write it into the environment file.`,
    );
  if (value !== '' && !setting.type.safeParse(readText(setting, value)).success)
    throw usageError(`--set: ${setting.key} does not take "${value}"; see \`resource-share config show\`.`);
  return new Map([...previous, [setting.variable, value]]);
}
