// Files and groups of rows that were refused: more than a row, so that a share of rows cannot excuse them.
//
// A part that would lack them is not made unless the user allows it. So the same command goes on once the file is mended, or with the flag.
import { counted } from '../base/counted.js';
import { LongattnError, show } from '../base/errors.js';
import type { Reject } from '../base/records.js';

export interface RefusedFile {
  file: string;
  /** Of the first of its groups, where there are several. */
  reason: string;
  /** Rows that are lost; an estimate where neither a footer nor a count knew them. */
  rows: number;
  isEstimate: boolean;
}

/** So many files are named in the error; the rest is counted. */
const NAMED_FILES = 5;

/** The refused files of some rejects; `rowsOf` estimates those of a file that was refused unseen. */
export function refusedFiles(rejects: Iterable<Reject>, rowsOf: (file: string) => number = () => 0): RefusedFile[] {
  const files = new Map<string, RefusedFile>();
  for (const { file, reason, whole, rows } of rejects) {
    if (!whole) continue;
    const known = files.get(file);
    const isEstimate = whole === 'file';
    const lost = rows ?? rowsOf(file);
    if (known) {
      known.rows += lost;
      known.isEstimate ||= isEstimate;
    } else files.set(file, { file, reason, rows: lost, isEstimate });
  }
  return [...files.values()];
}

/** How many rows of a file, for people. */
export function lostRows({ rows, isEstimate }: RefusedFile): string {
  if (rows === 0) return 'its rows are not known';
  return `${isEstimate ? 'about ' : ''}${counted(rows, 'row')}`;
}

export class RefusedFilesError extends LongattnError {
  constructor(readonly files: readonly RefusedFile[]) {
    super('INPUT_REFUSED', message(files));
  }
}

function message(files: readonly RefusedFile[]): string {
  const named = files.slice(0, NAMED_FILES).map((file) => `${show(file.file)} (${file.reason}; ${lostRows(file)})`);
  const rest = files.length > NAMED_FILES ? `; and ${files.length - NAMED_FILES} more` : '';
  const [what, it] = files.length === 1 ? ['1 file was', 'it'] : [`${files.length} files were`, 'them'];
  return (
    `${what} refused, whole or in part: ${named.join('; ')}${rest}. Mend ${it} and run the same command again, ` +
    'or give --allow-refused-files to go on without what was refused.'
  );
}

/** One error for parts that failed for this reason alone; undefined where others failed for another. */
export function onlyRefusedFiles(errors: readonly unknown[]): RefusedFilesError | undefined {
  const files: RefusedFile[] = [];
  for (const error of errors) {
    if (!(error instanceof RefusedFilesError)) return undefined;
    files.push(...error.files);
  }
  return new RefusedFilesError(files);
}
