/** Messages of AWS's binary event stream, made for tests. */
import { crc32 } from 'node:zlib';

export function streamMessage(headers: Readonly<Record<string, string>>, payload: string | Uint8Array): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => headerField(name, 7, sized(Buffer.from(value))));
  return rawStreamMessage(Buffer.concat(fields), Buffer.from(payload as string));
}

export function headerField(name: string, type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), Buffer.from([type]), value]);
}

export function sized(value: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, value]);
}

export function rawStreamMessage(headers: Uint8Array, payload: Uint8Array): Buffer {
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + payload.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  return withChecksum(Buffer.concat([withChecksum(prelude), headers, payload]));
}

export function withChecksum(bytes: Uint8Array): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([bytes, checksum]);
}
