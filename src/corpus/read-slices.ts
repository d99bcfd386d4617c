// Slices of the corpus to documents: the one place that knows which reader a format has.
import { stat } from 'node:fs/promises';
import { dataError } from '../base/errors.js';
import { readArrow } from './arrow-input.js';
import { BrokenInput, reading } from './broken-input.js';
import { readJsonl } from './jsonl.js';
import { readParquet } from './parquet.js';
import type { FieldOptions } from './row-document.js';
import { readTextFile } from './text-file.js';
import type { Document, Reject } from '../base/records.js';
import type { InputSlice } from './plan.js';

/**
 * The documents of a slice, in order. What is refused goes to `onReject`, never to an error.
 *
 * @throws LongattnError INPUT_CHANGED when the file is not the one that was planned, INPUT_UNREADABLE for faults of the file system,
 *   FIELD_WITHOUT_ROWS for `--ids-field` on text files
 */
export async function* readSlice(
  slice: InputSlice,
  fields: FieldOptions,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  if (slice.format === 'refused') {
    onReject({ file: slice.path, line: 0, reason: slice.reason });
    return;
  }
  const { size } = await reading(slice.path, () => stat(slice.path));
  if (size !== slice.bytes) {
    throw dataError(
      'INPUT_CHANGED',
      `${slice.path} has ${size} bytes; it had ${slice.bytes} when the run was planned. Put the old file back, or start a new run.`,
    );
  }
  try {
    yield* documents(slice, fields, onReject);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    onReject({ file: slice.path, line: 0, reason: error.message });
  }
}

/** All slices of a part, one after the other. */
export async function* readSlices(
  slices: readonly InputSlice[],
  fields: FieldOptions,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  for (const slice of slices) yield* readSlice(slice, fields, onReject);
}

function documents(
  slice: Exclude<InputSlice, { format: 'refused' }>,
  fields: FieldOptions,
  onReject: (reject: Reject) => void,
): AsyncGenerator<Document, void, undefined> {
  switch (slice.format) {
    case 'text':
      if (fields.idsField) {
        throw dataError(
          'FIELD_WITHOUT_ROWS',
          `${slice.path} is a text file, which has no field ${JSON.stringify(fields.idsField)}. Give ids as .jsonl, .parquet or .arrow.`,
        );
      }
      return readTextFile(slice, onReject);
    case 'jsonl':
      return readJsonl(slice, fields, onReject);
    case 'parquet':
      return readParquet(slice, fields, onReject);
    case 'arrow':
      return readArrow(slice, fields, onReject);
  }
}
