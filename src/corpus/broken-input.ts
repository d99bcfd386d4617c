// The two ways in which reading a file of the corpus goes wrong, kept apart: what the file holds is wrong (the rows are refused and
// the run goes on), or the file cannot be read (the run stops: a disk or network fault must not pass for missing rows).
import { dataError, environmentError, type LongattnError } from '../base/errors.js';
import type { StoredFile } from '../storage/storage.js';

/** The content of a file is broken. Readers turn it into a reject; it does not leave `readSlice` or `planInputs`. */
export class BrokenInput extends Error {
  override readonly name = 'BrokenInput';
  /** Rows that are lost, about, where that is known. */
  readonly rows: number | undefined;

  constructor(reason: string, { rows, ...options }: { cause?: unknown; rows?: number } = {}) {
    super(reason, options);
    this.rows = rows;
  }
}

/** A fault of the file system as the error that stops the run. */
export function unreadable(file: string, error: unknown): LongattnError {
  const reason = error instanceof Error ? error.message : String(error);
  return environmentError(
    'INPUT_UNREADABLE',
    `${file} cannot be read: ${reason}. Check that it exists and may be read.`,
    error,
  );
}

/** A file is not the one that the run was planned with. */
export function inputChanged(planned: Omit<StoredFile, 'path'>, found: StoredFile): LongattnError {
  const [is, was] =
    planned.bytes === found.bytes
      ? [`the tag ${found.etag}`, `${planned.etag}`]
      : [`${found.bytes} bytes`, `${planned.bytes}`];
  return dataError(
    'INPUT_CHANGED',
    `${found.path} has ${is}; it had ${was} when the run was planned. Put the old file back, or start a new run.`,
  );
}

/** `work`, with faults of the file system reported as `unreadable`. */
export async function reading<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw unreadable(file, error);
    throw error;
  }
}
