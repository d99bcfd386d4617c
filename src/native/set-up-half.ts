// Where `longattn setup` keeps torch halves, and which of them is the one that is used: the last one that was set up.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ownCache } from '../base/user-cache.js';
import { version } from '../base/version.js';

/** Of N-API, whose calls are those of every newer Node.js too; package.json says it to npm. */
const NAPI = 8;

/** In the user's cache, one for each version of longattn and each kind of machine. */
export function halvesFolder(): string {
  return path.join(ownCache(), 'torch-half', `${version}-napi${NAPI}-${process.platform}-${process.arch}`);
}

/** Name of the folder of one half: by the version, place and kind of its libtorch. */
export function halfFolder(torch: string, libtorch: string, cuda: boolean): string {
  const place = createHash('sha256').update(libtorch).digest('hex').slice(0, 8);
  return `torch-${torch}${cuda ? '-cuda' : ''}-${place}`;
}

/** The file that names the half that is used. */
export function recordPath(): string {
  return path.join(halvesFolder(), 'current.json');
}

/** The folder of the half that is used; undefined: none was set up, or the record is damaged. */
export function currentHalf(): string | undefined {
  try {
    const { half } = JSON.parse(readFileSync(recordPath(), 'utf8')) as { half?: unknown };
    return typeof half === 'string' && /^torch-[\w.-]+$/.test(half) ? path.join(halvesFolder(), half) : undefined;
  } catch {
    return undefined;
  }
}
