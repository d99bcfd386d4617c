// Write a file so that its final name only ever shows the whole of it: temporary name, fsync, rename, fsync of the folder.
//
// Two processes that write the same target do no harm: each has its own temporary file, and the bytes are the same.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';
import { temporaryPath } from './temporary.js';

/** Small chunks are gathered to this many bytes: an Arrow batch comes as hundreds of chunks, many of them 8 bytes. */
const GATHER_BYTES = 1 << 20;

export interface Written {
  bytes: number;
  /** Hex digest of all bytes. */
  sha256: string;
}

/** Takes bytes in order; what was passed may be reused by the caller once the promise is resolved. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
}

/**
 * @param fill writes the content; when it throws, the temporary file is removed and `target` stays as it was
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, NOT_A_FOLDER or WRITE_FAILED; whatever `fill` throws
 */
export async function writeAtomically(
  target: string,
  fill: (sink: Sink) => Promise<void>,
  fs: FileSystem = nodeFileSystem,
): Promise<Written> {
  const temporary = temporaryPath(target);
  let filling = false;
  try {
    const handle = await fs.open(temporary, 'wx');
    let written: Written;
    try {
      const sink = new HashingSink(handle, target);
      filling = true;
      await fill(sink);
      filling = false;
      written = await sink.finish();
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, target);
    await syncFolder(path.dirname(target), fs);
    return written;
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw filling ? error : writeError(error, target);
  }
}

/** `writeAtomically` for content that is at hand. */
export function writeTextAtomically(target: string, text: string, fs: FileSystem = nodeFileSystem): Promise<Written> {
  return writeAtomically(target, (sink) => sink.write(Buffer.from(text, 'utf8')), fs);
}

/** Make a rename in `folder` survive a power cut. Systems that cannot sync a folder (Windows, some network mounts) are let off. */
export async function syncFolder(folder: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await fs.open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

class HashingSink implements Sink {
  readonly #hash = createHash('sha256');
  readonly #gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
  #length = 0;
  #bytes = 0;

  constructor(
    readonly handle: FileHandle,
    readonly target: string,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.byteLength;
    const large = chunk.byteLength > GATHER_BYTES / 2;
    if (large || this.#length + chunk.byteLength > GATHER_BYTES) await this.#flush();
    if (large) return this.#writeAll(chunk);
    this.#gathered.set(chunk, this.#length);
    this.#length += chunk.byteLength;
  }

  async finish(): Promise<Written> {
    await this.#flush();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async #flush(): Promise<void> {
    await this.#writeAll(this.#gathered.subarray(0, this.#length));
    this.#length = 0;
  }

  /** A single write may take fewer bytes than it was given (nearly full disk, more than 2 GiB). */
  async #writeAll(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    try {
      for (let at = 0; at < bytes.byteLength;) {
        at += (await this.handle.write(bytes, at, bytes.byteLength - at)).bytesWritten;
      }
    } catch (error) {
      throw writeError(error, this.target);
    }
  }
}
