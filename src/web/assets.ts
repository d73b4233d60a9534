/** The scripts and styles of the pages, as the build left them: a name holds a hash of what is in it, so that browsers keep it for good. */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { packageRoot } from '../package-root.js';

export type AssetName = 'page.css' | 'page.js' | 'docs.js' | 'sql.js' | 'icon.svg';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly brotli: Buffer;
  readonly gzip: Buffer;
}

const folder = join(packageRoot, 'dist/app/assets');

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

let names: Readonly<Record<AssetName, string>> | null = null;
const read = new Map<string, Asset>();

/** The path of an asset on this server. */
export function assetPath(name: AssetName): string {
  names ??= JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')) as Readonly<Record<AssetName, string>>;
  return `/assets/${names[name]}`;
}

/** Null where the build made none of that name. */
export function assetOf(file: string): Asset | null {
  const known = read.get(file);
  if (known !== undefined) return known;
  const type = types[extname(file)];
  const path = join(folder, file);
  if (type === undefined || !/^[\w.-]+$/.test(file) || !existsSync(path)) return null;
  const asset = {
    type,
    body: readFileSync(path),
    brotli: readFileSync(`${path}.br`),
    gzip: readFileSync(`${path}.gz`),
  };
  read.set(file, asset);
  return asset;
}
