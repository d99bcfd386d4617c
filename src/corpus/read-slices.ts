// Slices of the corpus to documents, whatever their format.
import type { Document } from '../base/records.js';
import { BrokenInput, inputChanged, reading, unreadable } from './broken-input.js';
import type { Format, ReadHooks, ReadOptions } from './format.js';
import { FORMATS } from './formats.js';
import type { InputSlice } from './plan.js';
import { statFile } from '../storage/storages.js';

/**
 * The documents of a slice, in order. What is refused goes to `onReject`, never to an error.
 *
 * @throws LongattnError INPUT_CHANGED when the file is not the one that was planned, INPUT_UNREADABLE for faults of the file system,
 *   STORAGE_NO_RANGES, FIELD_WITHOUT_ROWS for `--ids-field` on text files
 */
export async function* readSlice(
  slice: InputSlice,
  options: ReadOptions,
  hooks: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  if (slice.format === 'refused') {
    const { path, reason, isEmpty, rows } = slice;
    const lost = { whole: 'file', ...(rows !== undefined && { rows }) } as const;
    hooks.onReject({ file: path, line: 0, reason, ...(!isEmpty && lost) });
    return;
  }
  const found = await reading(slice.path, () => statFile(slice.path));
  if (!found) throw unreadable(slice.path, 'it is gone');
  if (found.bytes !== slice.bytes || found.etag !== slice.etag) throw inputChanged(slice, found);
  const format = FORMATS[slice.format] as Format<object>;
  try {
    yield* format.read(slice, options, hooks);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    const { message: reason, rows } = error;
    hooks.onReject({
      ...{ file: slice.path, line: 0, reason },
      ...(!format.isDocument && { whole: 'file', ...(rows !== undefined && { rows }) }),
    });
  }
}

/** All slices of a part, one after the other. */
export async function* readSlices(
  slices: readonly InputSlice[],
  options: ReadOptions,
  hooks: ReadHooks,
): AsyncGenerator<Document, void, undefined> {
  for (const slice of slices) yield* readSlice(slice, options, hooks);
}
