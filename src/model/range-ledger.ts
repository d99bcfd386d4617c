// Which bytes of a sparse weight file are there. A file with a ledger beside it reads as zeros where nothing was downloaded, so
// whoever opens it must ask here first.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { environmentError } from '../base/errors.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { ifExists } from '../io/file-system.js';
import { subtractRanges, type ByteRange } from './byte-ranges.js';
import { isCommit } from './model-id.js';

const whole = z.int().min(0);

const ledgerSchema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  commit: z.string().refine(isCommit),
  etag: z.string().min(1),
  /** Bytes of the whole file. */
  size: whole,
  /** Sorted, disjoint, half open. */
  complete: z.array(z.tuple([whole, whole])),
});

export type RangeLedger = z.infer<typeof ledgerSchema>;

export function ledgerPath(file: string): string {
  return join(dirname(file), `${basename(file)}.ranges.json`);
}

/**
 * The ledger beside `file`; undefined for a file that is whole.
 * @throws LongattnError CACHE_DAMAGED
 */
export async function readLedger(file: string): Promise<RangeLedger | undefined> {
  const path = ledgerPath(file);
  const text = await ifExists(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    return ledgerSchema.parse(JSON.parse(text));
  } catch (error) {
    throw environmentError(
      'CACHE_DAMAGED',
      `${path} is not a record of downloaded ranges. Remove the folder ${dirname(path)}, then run again.`,
      error,
    );
  }
}

export async function writeLedger(file: string, ledger: RangeLedger): Promise<void> {
  await writeTextAtomically(ledgerPath(file), `${JSON.stringify(ledger)}\n`);
}

/** A tensor in a local file. */
export interface Placed {
  name: string;
  file: string;
  offset: number;
  bytes: number;
}

/** Byte ranges of the tensors, by file, that have not been downloaded. */
export async function missingRanges(tensors: readonly Placed[]): Promise<Map<string, ByteRange[]>> {
  const missing = new Map<string, ByteRange[]>();
  for (const file of new Set(tensors.map((tensor) => tensor.file))) {
    const ledger = await readLedger(file);
    if (!ledger) continue;
    const wanted = tensors.flatMap(({ file: of, offset, bytes }) =>
      of === file ? [[offset, offset + bytes] as const] : [],
    );
    const ranges = subtractRanges(wanted, ledger.complete);
    if (ranges.length > 0) missing.set(file, ranges);
  }
  return missing;
}

/**
 * Refuse tensors that were not downloaded, or only in part: they would read as zeros.
 * @throws LongattnError MODEL_INCOMPLETE naming the model to ask for
 */
export async function requireDownloaded(tensors: readonly Placed[]): Promise<void> {
  const [file] = (await missingRanges(tensors)).keys();
  if (file === undefined) return;
  const { id, commit } = (await readLedger(file))!;
  throw environmentError(
    'MODEL_INCOMPLETE',
    `${file} holds only the parts that were needed so far, and these layers need more. Name the model as ${id}@${commit}: ` +
      'then what is missing is downloaded.',
  );
}
