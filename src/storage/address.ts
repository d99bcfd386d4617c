// Which of the names of inputs are addresses of a server, and whether one may be used.
//
// Names of inputs are written to run.json, to plans, logs and rejects. So an address that carries a key is refused, never cut or hidden:
// a shortened one would not open the file again. The message does not repeat it either.
import { LongattnError } from '../base/errors.js';

export const SCHEMES = ['https', 'http', 's3', 'gs', 'hf'] as const;
export type Scheme = (typeof SCHEMES)[number];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Wider than the rule of Amazon: other servers also take capitals and underscores. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

export function isAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path);
}

/**
 * @param address for which `isAddress` holds
 * @throws LongattnError INPUT_ADDRESS
 */
export function schemeOf(address: string): Scheme {
  const scheme = address.slice(0, address.indexOf(':')).toLowerCase();
  const known = SCHEMES.find((candidate) => candidate === scheme);
  if (!known)
    throw refused(`${scheme}:// is not known. Known: ${SCHEMES.join('://, ')}://, and paths of this machine.`);
  if (known === 's3' || known === 'gs') bucketAndKey(address);
  else if (known === 'hf') datasetPath(address);
  else checkUrl(address);
  return known;
}

/**
 * `s3://bucket/key`, `gs://bucket/key`. The key is taken as it stands, as other tools of S3 do: nothing in it is decoded.
 * @throws LongattnError INPUT_ADDRESS
 */
export function bucketAndKey(address: string): { bucket: string; key: string } {
  const [, scheme = '', bucket = '', key = ''] = /^([^:]+):\/\/([^/]*)\/?(.*)$/s.exec(address) ?? [];
  if (!BUCKET.test(bucket)) {
    throw refused(
      `${scheme}:// must be followed by the name of a bucket: 2 to 255 letters, digits, dots, hyphens and underscores. Keys and ` +
        'passwords have no place in an address: it would be written to run.json.',
    );
  }
  return { bucket, key };
}

export interface DatasetPath {
  /** `datasets/org/name` */
  id: string;
  revision: string;
  /** Within the data set; empty for all of it. */
  file: string;
}

/**
 * `hf://datasets/org/name[@revision]/path`, as Python's HfFileSystem has it. The path is taken as it stands.
 * @throws LongattnError INPUT_ADDRESS
 */
export function datasetPath(address: string): DatasetPath {
  const [, org, name, revision = 'main', file = ''] =
    /^hf:\/\/datasets\/([\w.-]+)\/([\w.-]+)(?:@(refs\/(?:convert|pr)\/[\w.-]+|[\w.%-]+))?(?:\/(.*))?$/is.exec(
      address,
    ) ?? [];
  if (org === undefined || file.split('/').some((part) => part === '.' || part === '..')) {
    throw refused(
      'an address of the Hub is hf://datasets/ORG/NAME[@REVISION][/PATH], without "." and ".." in it. Its token is taken from ' +
        'HF_TOKEN: it has no place in an address.',
    );
  }
  return { id: `datasets/${org}/${name!}`, revision: revision.replace(/%2f/gi, '/'), file };
}

function checkUrl(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw refused('an input that begins with a scheme is no valid address. Correct it.');
  const where = `${url.protocol}//${url.host}`;
  if (url.username || url.password) {
    throw refused(
      `an address of ${where} has a user or a password in it, which would be written to run.json. Remove it.`,
    );
  }
  if (url.search || url.hash || address.includes('?')) {
    throw refused(
      `an address of ${where} has a "?" or "#" in it. A signed address is a key that would be written to run.json, ` +
        'and no longer valid when the run goes on: fetch the file, and give its path.',
    );
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw refused(`${where} is not encrypted. Give https://; http:// is taken of this machine alone.`);
  }
}

function refused(message: string): LongattnError {
  return new LongattnError('INPUT_ADDRESS', message);
}
