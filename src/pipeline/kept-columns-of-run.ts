// The corpus' own columns of the documents of a run.
import path from 'node:path';
import { KeptColumns } from '../corpus/columns/kept-columns.js';
import type { InputFile } from '../corpus/plan.js';
import type { Spec } from '../options/spec.js';
import { checkInputs, rootOf, type Run } from '../run/directory.js';
import { isAddress } from '../storage/address.js';
import { fieldsOf } from './cut-part.js';

/** @throws LongattnError INPUT_MISSING, INPUT_CHANGED and those of `KeptColumns.open` */
export async function keptColumnsOfRun(
  run: Run,
  spec: Spec,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<KeptColumns> {
  await checkInputs(run.manifest);
  const root = await rootOf(run.manifest);
  const inputs = (run.manifest.inputs as unknown as InputFile[]).map((file) => ({
    file,
    place: isAddress(file.path) ? file.path : path.resolve(root, file.path),
  }));
  const { zstdWindow } = spec;
  return KeptColumns.open(inputs, { columns, fields: fieldsOf(spec), zstdWindow, signal });
}
