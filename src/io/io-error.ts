// System errors of writing and reading, as sentences that say what to do.
import { dataError, environmentError, LongattnError } from '../base/errors.js';
import { errorCode } from './file-system.js';

/** A LongattnError for a failed write below `target`. A LongattnError passes through. */
export function writeError(error: unknown, target: string): LongattnError {
  if (error instanceof LongattnError) return error;
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return environmentError(
        'DISK_FULL',
        `No space is left to write ${target}. Free some, then run again: finished parts are kept.`,
        error,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT': // such as a folder in /proc
      return environmentError(
        'NOT_WRITABLE',
        `${target} cannot be written (${errorCode(error)}). Choose another output, or change its permissions.`,
        error,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return environmentError(
        'NOT_A_FOLDER',
        `A part of the path ${target} is a file where a folder must be. Choose another output.`,
        error,
      );
    default:
      return environmentError(
        'WRITE_FAILED',
        `Writing ${target} failed: ${(error as Error).message}. Check the disk, then run again: finished parts are kept.`,
        error,
      );
  }
}

/** A LongattnError for a failed read of `file`. A LongattnError passes through. */
export function readError(error: unknown, file: string): LongattnError {
  if (error instanceof LongattnError) return error;
  if (errorCode(error) === 'ENOENT') return dataError('FILE_MISSING', `${file} does not exist. Check the path.`, error);
  return environmentError(
    'READ_FAILED',
    `Reading ${file} failed: ${(error as Error).message}. Check the disk and the permissions.`,
    error,
  );
}
