// The bytes of a file, or of a range of it, decompressed: a stream of buffers in bounded memory.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { BrokenInput, unreadable } from './broken-input.js';
import type { Compression, UnpackOptions } from './format.js';
import { unpack, UNPACK_OPTIONS } from './unpack.js';
import { decompressZstd } from './zstd.js';

const CHUNK = 1 << 20;

export interface FileRange {
  /** First byte and one past the last. */
  start: number;
  end: number;
}

/**
 * @param range of the file as it is on disk; only for uncompressed files
 * @throws BrokenInput when the compressed data is damaged or cut; LongattnError INPUT_UNREADABLE
 */
export async function* byteStream(
  file: string,
  compression: Compression = 'none',
  options: UnpackOptions = {},
  range?: FileRange,
): AsyncGenerator<Buffer, void, undefined> {
  if (range && range.end <= range.start) return;
  const source = createReadStream(file, {
    highWaterMark: CHUNK,
    ...(range && { start: range.start, end: range.end - 1 }),
  });
  try {
    if (compression === 'gzip') yield* gunzip(source);
    else if (compression === 'zstd') yield* decompressZstd(source as AsyncIterable<Buffer>, options.zstdWindow);
    else yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof BrokenInput) throw error;
    throw unreadable(file, error);
  } finally {
    source.destroy();
  }
}

/** All members of a gzip file. Zeros after the last member are padding; anything else there is damage. */
async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let consumed = 0;
  let tail: Buffer = Buffer.alloc(0);
  const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of source) {
      consumed += chunk.length;
      tail = chunk;
      yield chunk;
    }
  };
  const gunzip = createGunzip(UNPACK_OPTIONS);
  try {
    yield* unpack(counted(), gunzip);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'Z_BUF_ERROR') throw new BrokenInput('the gzip data is cut', { cause: error });
    if (code.startsWith('Z_'))
      throw new BrokenInput(`the gzip data is damaged (${(error as Error).message})`, { cause: error });
    throw error;
  }
  const unread = consumed - gunzip.bytesWritten;
  if (unread > 0 && tail.subarray(-unread).some((byte) => byte !== 0)) {
    throw new BrokenInput('the gzip data is followed by something else');
  }
}
