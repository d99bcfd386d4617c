// One file of the corpus to slices of a bounded size, from the file alone. Files that cannot be cut because they are broken become a
// refused slice.
import { BrokenInput } from './broken-input.js';
import type { Format, FormatCut, InputFile, SliceFile } from './format.js';
import { FORMATS, type FormatName, type PlaceOf } from './formats.js';

/** What one reader takes at once. Plain JSON. */
export type InputSlice =
  { [Name in FormatName]: { format: Name } & SliceFile & PlaceOf<(typeof FORMATS)[Name]> }[FormatName] | RefusedSlice;

/** A file that the plan found to be broken. */
export interface RefusedSlice {
  format: 'refused';
  path: string;
  bytes: number;
  reason: string;
}

/** A slice, how many bytes of text it is worth (about), and its rows where they were counted. */
export interface Cut {
  slice: InputSlice;
  weight: number;
  rows: number;
}

/**
 * @param target bytes of a slice, about
 * @param limit rows to take at most; Infinity for all
 * @throws LongattnError INPUT_UNREADABLE
 */
export async function* cutInput(file: InputFile, target: number, limit: number): AsyncGenerator<Cut, void, undefined> {
  const { path, name, bytes, domain } = file;
  const refused = (reason: string): Cut => ({
    slice: { format: 'refused', path, bytes, reason },
    weight: 0,
    rows: 0,
  });
  if (bytes === 0) {
    yield refused('the file is empty');
    return;
  }
  const format = file.format as FormatName;
  const cuts: AsyncIterable<FormatCut<object>> = (FORMATS[format] as Format<never>).cut(file, target, limit);
  try {
    for await (const { place, weight, rows } of cuts) {
      const slice = { format, path, name, bytes, ...(domain !== undefined && { domain }), ...place } as InputSlice;
      yield { slice, weight, rows };
    }
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    yield refused(error.message);
  }
}
