// What an error of Amazon's client means, and what to do about it. Its own message is left out: some quote what was signed.
import { dataError, environmentError, LongattnError } from '../base/errors.js';
import { TransientError } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { networkReason, unreadable, uploadFailed } from './faults.js';

const BUSY = [408, 429, 500, 502, 503, 504];
/** What arrived was not what was sent: as good as a cut connection. */
const DAMAGED = [
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
  'RequestTimeout',
];

/** @returns a LongattnError, or a TransientError where another attempt may help */
export function s3Fault(path: string, error: unknown, doing: 'read' | 'write' = 'read'): Error {
  if (error instanceof LongattnError || error instanceof TransientError) return error;
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const failed = (reason: string): LongattnError => (doing === 'read' ? unreadable : uploadFailed)(path, reason);
  if (name === 'NoSuchBucket') {
    const { bucket } = bucketAndKey(path);
    return dataError(
      'INPUT_NOT_FOUND',
      `${path}: the server has no bucket ${bucket}. Check its name and AWS_ENDPOINT_URL.`,
    );
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return forbidden(path, doing, 'no credentials were found');
  }
  if (status === 401 || status === 403) return forbidden(path, doing, `the server refuses them (${name}, ${status})`);
  if (status !== undefined) {
    const refused = failed(`the server answers with status ${status} (${name})`);
    return BUSY.includes(status) || DAMAGED.includes(name) ? new TransientError(refused) : refused;
  }
  if (/^Region is missing/.test((error as Error).message)) {
    return environmentError('STORAGE_SETTINGS', `${path}: no region is set. Set AWS_REGION to that of the bucket.`);
  }
  return new TransientError(failed(`the connection failed (${networkReason(error)})`));
}

function forbidden(path: string, doing: 'read' | 'write', why: string): LongattnError {
  const [what, may] =
    doing === 'read'
      ? ['given to', 'read it (and list, for folders and patterns)']
      : ['taken from', 'write, read and list there'];
  return environmentError(
    'STORAGE_FORBIDDEN',
    `${path} is not ${what} these credentials: ${why}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, ` +
      `to an account that may ${may}.`,
  );
}
