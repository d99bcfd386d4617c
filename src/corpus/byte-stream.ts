// The bytes of a file, or of a range of it, decompressed: a stream of buffers in bounded memory.
import { createGunzip } from 'node:zlib';
import { LongattnError } from '../base/errors.js';
import type { ByteRange, StoredFile } from '../storage/storage.js';
import { streamFile } from '../storage/storages.js';
import { BrokenInput, unreadable } from './broken-input.js';
import type { Compression, UnpackOptions } from './format.js';
import { unpack, UNPACK_OPTIONS } from './unpack.js';
import { decompressZstd } from './zstd.js';

/**
 * @param range of the file as it lies there; only for uncompressed files
 * @param source the file's own bytes in that range
 * @throws BrokenInput when the compressed data is damaged or cut; LongattnError INPUT_UNREADABLE, INPUT_CHANGED, STORAGE_NO_RANGES
 */
export async function* byteStream(
  file: StoredFile,
  compression: Compression = 'none',
  options: UnpackOptions = {},
  range?: ByteRange,
  source = streamFile(file, range),
): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (compression === 'gzip') yield* gunzip(source);
    else if (compression === 'zstd') yield* decompressZstd(source, options.zstdWindow);
    else yield* source;
  } catch (error) {
    if (error instanceof BrokenInput || error instanceof LongattnError) throw error;
    throw unreadable(file.path, error);
  } finally {
    // What unpacks may have ended before it.
    await source.return();
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
