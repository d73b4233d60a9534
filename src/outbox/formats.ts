/** A message as each kind of endpoint takes it: as it is, or as a line for people, with the signs that mean something there made harmless. */
import type { EndpointFormat } from '../ledger/ledger.js';
import { instantText } from '../text/time.js';
import { visible } from '../text/visible.js';
import { checkpointType, type DigestData, digestType, type Message, testType } from './message.js';

export interface Rendered {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Discord takes 2,000 characters, each of which may have a backslash before it, and ntfy 4,096 bytes. */
const lineCharactersMax = 900;

const json = { 'content-type': 'application/json' };

const formats: Readonly<Record<EndpointFormat, (message: Message) => Rendered>> = {
  json: (message) => ({ body: JSON.stringify(message), headers: json }),
  // Links and calls to people are written in angle brackets there.
  slack: (message) => ({
    body: JSON.stringify({
      text: lineOf(message).replace(/[&<>]/g, (sign) => slackEntities[sign] as string),
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
    }),
    headers: json,
  }),
  // Nobody is called, and no page is fetched and shown for a link (flag 4).
  discord: (message) => ({
    body: JSON.stringify({
      content: lineOf(message).replace(/[\\*_~`|>#<[\]()@:-]/g, '\\$&'),
      allowed_mentions: { parse: [] },
      flags: 4,
    }),
    headers: json,
  }),
  ntfy: (message) => ({
    body: lineOf(message),
    headers: { 'content-type': 'text/plain; charset=utf-8', title: 'Resource-Share' },
  }),
};

const slackEntities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export const render = (format: EndpointFormat, message: Message): Rendered => formats[format](message);

/** One line, of text that shows what it is: names and texts come from whoever reported them. */
export function lineOf(message: Message): string {
  const line = visible(sentence(message));
  return line.length <= lineCharactersMax
    ? line
    : `${line.slice(0, lineCharactersMax).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function sentence({ type, data, pool, seq }: Message): string {
  const where = `(pool ${pool}, event ${seq})`;
  if (type === testType) return 'A test: messages of Resource-Share arrive here.';
  if (type === digestType) {
    const { count, types } = data as unknown as DigestData;
    const parts = Object.entries(types).map(([each, many]) => `${many} of ${each}`);
    return `${count} more events in the pool ${pool}, up to event ${seq}: ${parts.join(', ')}.`;
  }
  if (type === checkpointType) return `A checkpoint of ${seq} events of the pool ${pool} was signed.`;
  if (type === 'alert.raised') return `Alert ${textOf(data.rule)}: ${textOf(data.text)} ${where}`;
  if (type === 'alert.cleared') return `Cleared: ${textOf(data.dedupe_key)} ${where}`;
  if (type === 'alert.acknowledged') return `Seen by somebody: ${textOf(data.dedupe_key)} ${where}`;
  if (type === 'maintenance.began')
    return `Maintenance until ${timeOf(data.until)}: agents and jobs wait.${because(data)} ${where}`;
  if (type === 'maintenance.ended') return `Maintenance is over: agents and jobs go on. ${where}`;
  return `${type}${typeof data.name === 'string' ? ` of ${data.name}` : ''} ${where}`;
}

const timeOf = (at: unknown): string => (typeof at === 'number' ? instantText(at) : '');

const because = ({ reason }: Message['data']): string => (typeof reason === 'string' ? ` Why: ${reason}.` : '');

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
