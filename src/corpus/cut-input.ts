// One file of the corpus to slices of a bounded size, from the file alone. Files that cannot be cut because they are broken become a
// refused slice.
import { openFile } from '../storage/storages.js';
import { BrokenInput, reading } from './broken-input.js';
import type { CutOptions, Format, FormatCut, InputFile, SliceFile } from './format.js';
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
  /** That are lost, about, where that is known. */
  rows?: number;
  /** Nothing is lost with it: a file of no rows at all. */
  isEmpty?: true;
}

/** A slice, how many bytes of text it is worth (about), and its rows where they were counted. */
export interface Cut {
  slice: InputSlice;
  weight: number;
  rows: number;
}

/** What a clone without Git LFS has in place of a file: three lines, of which the last has the size. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const MAX_POINTER_BYTES = 1024;

/** @throws LongattnError INPUT_UNREADABLE */
export async function* cutInput(file: InputFile, options: CutOptions): AsyncGenerator<Cut, void, undefined> {
  const { path, name, bytes, domain, etag } = file;
  const format = file.format as FormatName;
  if (bytes === 0) {
    const { slice, ...cut } = refusedCut(path, 'the file is empty', 0);
    // Of lines there may be none; the other formats have a head at least.
    yield { ...cut, slice: FORMATS[format].compressible ? { ...slice, isEmpty: true } : slice };
    return;
  }
  try {
    await refusePointer(file);
    const cuts: AsyncIterable<FormatCut<object>> = (FORMATS[format] as Format<never>).cut(file, options);
    for await (const { place, weight, rows } of cuts) {
      const shared = {
        path,
        name,
        bytes,
        ...(domain !== undefined && { domain }),
        ...(etag !== undefined && { etag }),
      };
      const slice = { format, ...shared, ...place } as InputSlice;
      yield { slice, weight, rows };
    }
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    yield refusedCut(path, error.message, bytes, error.rows);
  }
}

export function refusedCut(path: string, reason: string, bytes: number, rows?: number): Cut & { slice: RefusedSlice } {
  return { slice: { format: 'refused', path, bytes, reason, ...(rows !== undefined && { rows }) }, weight: 0, rows: 0 };
}

/** @throws BrokenInput */
async function refusePointer(file: InputFile): Promise<void> {
  const { path, bytes } = file;
  if (bytes > MAX_POINTER_BYTES || bytes < LFS_POINTER.length) return;
  const text = await reading(path, async () => {
    const handle = await openFile(file);
    try {
      return (await handle.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer.toString('latin1');
    } finally {
      await handle.close();
    }
  });
  if (!text.startsWith(LFS_POINTER)) return;
  const size = /^size (\d+)$/m.exec(text)?.[1];
  throw new BrokenInput(
    `the file is a pointer of Git LFS, not the data${size ? ` of ${size} bytes` : ''}: run \`git lfs pull\` in its repository`,
  );
}
