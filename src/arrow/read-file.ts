// Bytes of an Arrow file, and its footer; what is wrong with a file is said here.
import type { FileHandle } from 'node:fs/promises';
import { dataError, LongattnError } from '../base/errors.js';
import { readError } from '../io/io-error.js';
import { parseFooter, type Footer } from './flatbuffer.js';

const MAGIC = Buffer.from('ARROW1');
/** Footer length (int32) and the magic at the end of the file. */
const TAIL_BYTES = 4 + MAGIC.length;
/** A footer has 24 bytes a batch and the schema; more than this is not ours. */
const MAX_FOOTER_BYTES = 1 << 28;

/** What the flatbuffer parser and the column checks throw are plain errors: the file is damaged. */
export function explain(error: unknown, path: string): LongattnError {
  const ofSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
  return error instanceof LongattnError || ofSystem
    ? readError(error, path)
    : invalidFile(path, (error as Error).message, error);
}

export function invalidFile(path: string, reason: string, cause?: unknown): LongattnError {
  return dataError('ARROW_INVALID', `${path} is not a whole Arrow file: ${reason}. Make it again.`, cause);
}

export async function readFooter(handle: FileHandle, size: number, path: string): Promise<Footer> {
  if (size < 2 * MAGIC.length + 2 + 4) throw invalidFile(path, `it has only ${size} bytes`);
  const head = await readBytes(handle, 0, MAGIC.length, path);
  if (!MAGIC.equals(head)) throw invalidFile(path, 'it does not begin with ARROW1');
  const tail = await readBytes(handle, size - TAIL_BYTES, TAIL_BYTES, path);
  if (!MAGIC.equals(tail.subarray(4))) throw invalidFile(path, 'it does not end with ARROW1, so it was cut');
  const length = new DataView(tail.buffer).getInt32(0, true);
  if (length <= 0 || length > MAX_FOOTER_BYTES || length > size - TAIL_BYTES - 8) {
    throw invalidFile(path, `its footer claims ${length} bytes`);
  }
  try {
    return parseFooter(await readBytes(handle, size - TAIL_BYTES - length, length, path));
  } catch (error) {
    throw error instanceof LongattnError
      ? error
      : invalidFile(path, `its footer cannot be parsed (${(error as Error).message})`, error);
  }
}

export async function readBytes(
  handle: FileHandle,
  offset: number,
  length: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return readExactly(handle, offset, new Uint8Array(length), path);
}

export async function readExactly(
  handle: FileHandle,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at);
    if (bytesRead === 0) throw invalidFile(path, `it ends at byte ${offset + at}, in the middle of a batch`);
    at += bytesRead;
  }
  return bytes;
}
