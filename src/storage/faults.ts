// What goes wrong with files of servers, in the same words for every scheme.
import { dataError, environmentError, type LongattnError } from '../base/errors.js';
import type { StoredFile } from './storage.js';

/** @param how `is gone`, or what it has now */
export function changed({ path }: StoredFile, how: string): LongattnError {
  return dataError(
    'INPUT_CHANGED',
    `${path} ${how} when the run was planned. Put the old file back, or start a new run.`,
  );
}

/**
 * Holds an answer against the file as it was listed.
 * @throws LongattnError INPUT_CHANGED
 */
export function checkSame(file: StoredFile, answer: { bytes: number; etag?: string | undefined }): void {
  if (answer.bytes !== file.bytes) throw changed(file, `has ${answer.bytes} bytes; it had ${file.bytes}`);
  if (answer.etag !== file.etag) throw changed(file, `has the tag ${answer.etag}; it had ${file.etag}`);
}

export function noRanges(path: string): LongattnError {
  return environmentError(
    'STORAGE_NO_RANGES',
    `${path}: the server sends whole files only, and a part of this one is needed. Fetch it, and give its path.`,
  );
}

export function unreadable(path: string, reason: string, cause?: unknown): LongattnError {
  return environmentError('INPUT_UNREADABLE', `${path} cannot be read: ${reason}.`, cause);
}

export function uploadFailed(address: string, reason: string): LongattnError {
  return environmentError(
    'UPLOAD_FAILED',
    `${address} was not sent: ${reason}. Mend that, then run the same command again: what has arrived is not sent twice.`,
  );
}

/** fetch hides the reason in `cause`. Its message never holds a header. */
export function networkReason(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return [message, code].filter((part) => typeof part === 'string' && part !== '').join(', ') || 'no reason given';
}
