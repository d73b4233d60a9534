/** Events as the bytes of a file of a backup, and back as the lines of an export. */
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliDecompress,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  gunzip,
  gzip,
} from 'node:zlib';
import { decodeSegment, encodeSegmentFast, eventAt } from '../engines/segment.js';
import type { StoredEvent } from '../events/envelope.js';
import { eventText } from '../events/event-text.js';
import { limits } from '../limits.js';
import type { Packing } from './manifest.js';

/** Fast rather than small: 30 MB/s by brotli, 20 MB/s by gzip, where the next quality takes twice as long for a tenth less. */
const brotliFast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const gzipFast = { level: 1 };

export const eventsEnding: Readonly<Record<Packing, string>> = {
  segment: '.segment',
  brotli: '.ndjson.br',
  gzip: '.ndjson.gz',
};

export const bytesEnding = (packing: Packing): string => (packing === 'gzip' ? '.gz' : '.br');

/** As many events at a time as fit into a file. */
export async function* runsOf(pages: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<readonly StoredEvent[]> {
  let run: StoredEvent[] = [];
  let bytes = 0;
  for await (const page of pages) {
    for (const event of page) {
      const isFull = run.length === limits.segmentEventsMax || bytes + event.payload.length > limits.segmentBytesMax;
      if (isFull && run.length > 0) {
        yield run;
        run = [];
        bytes = 0;
      }
      run.push(event);
      bytes += event.payload.length;
    }
  }
  if (run.length > 0) yield run;
}

export function packEvents(events: readonly StoredEvent[], packing: Packing): Promise<Uint8Array> {
  if (packing === 'segment') return encodeSegmentFast(events);
  return packBytes(Buffer.from(`${events.map(eventText).join('\n')}\n`), packing);
}

/** Throws where the bytes are damaged. */
export async function unpackEvents(bytes: Uint8Array, packing: Packing): Promise<string[]> {
  if (packing !== 'segment') return (await unpackBytes(bytes, packing)).toString().trimEnd().split('\n');
  const segment = decodeSegment(bytes);
  return segment.payloads.map((_, i) => eventText(eventAt(segment, i)));
}

export const packBytes = (bytes: Uint8Array, packing: Packing): Promise<Buffer> =>
  packing === 'gzip' ? promisify(gzip)(bytes, gzipFast) : promisify(brotliCompress)(bytes, brotliFast);

export const unpackBytes = (bytes: Uint8Array, packing: Packing): Promise<Buffer> =>
  packing === 'gzip' ? promisify(gunzip)(bytes) : promisify(brotliDecompress)(bytes);

export const packer = (packing: Packing) =>
  packing === 'gzip' ? createGzip(gzipFast) : createBrotliCompress(brotliFast);

export const unpacker = (packing: Packing) => (packing === 'gzip' ? createGunzip() : createBrotliDecompress());
