// Refused input rows, and how many may be: a file a part, merged in the order of the parts, so that any number of workers and shards gives one result.
import path from 'node:path';
import { dataError } from '../base/errors.js';
import type { Reject } from '../base/records.js';
import { writeAtomically, writeTextAtomically } from '../io/atomic-file.js';
import { ifExists } from '../io/file-system.js';
import { readError } from '../io/io-error.js';
import { partName, type Ledger } from './ledger.js';

const rejectsFile = (ledger: Ledger, part: number): string => ledger.path(partName(part), '.rejects.jsonl');

/** Write the rejects of a part. Call it before the part is entered in the ledger. A part without rejects has no file. */
export async function writeRejects(ledger: Ledger, part: number, rejects: readonly Reject[]): Promise<void> {
  const file = rejectsFile(ledger, part);
  if (rejects.length === 0) return ledger.fs.rm(file, { force: true }); // of an earlier, interrupted attempt
  const lines = rejects.map(({ file, line, reason, whole, rows }) => {
    return `${JSON.stringify({ file, line, reason, whole, rows })}\n`;
  });
  await writeTextAtomically(file, lines.join(''), ledger.fs);
}

/** @throws LongattnError of the disk, PART_UNREADABLE for a file that is no list of rejects */
export async function readRejects(ledger: Ledger, part: number): Promise<Reject[]> {
  const file = rejectsFile(ledger, part);
  try {
    const text = (await ifExists(ledger.fs.readFile(file, 'utf8'))) ?? '';
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Reject);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw readError(error, file);
    throw dataError(
      'PART_UNREADABLE',
      `${file} is damaged (${error.message}). Remove the part beside it: it is made again.`,
    );
  }
}

/** Merge the rejects of all parts into RUN/rejects.jsonl (empty where nothing was refused). Returns the number of rows. */
export async function mergeRejects(runDir: string, ledger: Ledger, parts: number): Promise<number> {
  let rows = 0;
  await writeAtomically(
    path.join(runDir, 'rejects.jsonl'),
    async (sink) => {
      for (let part = 0; part < parts; part++) {
        const file = rejectsFile(ledger, part);
        const bytes = await ifExists(ledger.fs.readFile(file)).catch((error) => {
          throw readError(error, file);
        });
        if (!bytes) continue;
        for (const byte of bytes) if (byte === 0x0a) rows++;
        await sink.write(bytes);
      }
    },
    ledger.fs,
  );
  return rows;
}

/** The first in the order of the corpus; undefined where nothing was refused. @throws LongattnError as readRejects does */
export async function firstReject(ledger: Ledger, parts: number): Promise<Reject | undefined> {
  for (let part = 0; part < parts; part++) {
    const [first] = await readRejects(ledger, part);
    if (first) return first;
  }
  return undefined;
}

/**
 * The reject limit (--max-reject-rate): a corpus of which more was refused is another one than the user thinks.
 * @param rows that were read, refused ones included
 * @param limit `maxRate`: a share, 0 to 1; `first`: a reject to name, for most often all have one cause
 * @throws LongattnError TOO_MANY_REJECTS
 */
export function requireFewRejects(
  rejects: number,
  rows: number,
  limit: { maxRate: number; rejectsPath: string; first?: Reject | undefined },
): void {
  const tooMany = tooManyRejects(rejects, rows, limit.maxRate);
  if (!tooMany) return;
  const { first, rejectsPath } = limit;
  const such = first === undefined ? '' : ` The first is ${first.file}:${first.line}: ${first.reason}.`;
  throw dataError(
    tooMany.code,
    `${tooMany.message}.${such} Each is in ${rejectsPath} with its file, line and reason: mend them, or raise the rate.`,
  );
}

/** What is wrong with so many refused rows; undefined where the limit allows them. */
export function tooManyRejects(
  rejects: number,
  rows: number,
  maxRate: number,
): { code: 'TOO_MANY_REJECTS'; message: string } | undefined {
  if (rejects <= maxRate * rows) return undefined;
  const share = ((100 * rejects) / rows).toFixed(1);
  const message = `${rejects} of ${rows} rows were refused (${share} %), more than --max-reject-rate ${maxRate * 100} % allows`;
  return { code: 'TOO_MANY_REJECTS', message };
}
