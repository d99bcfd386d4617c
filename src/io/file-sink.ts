// One file written from front to back, its sha256 made on the way.
//
// Small chunks are gathered: an Arrow batch comes as hundreds of them, many of 8 bytes.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { nodeFileSystem, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';

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

/** A new file that is open for writing. End it with `finish`, or with `abandon` after an error. */
export class FileSink implements Sink {
  readonly #hash = createHash('sha256');
  readonly #gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
  #length = 0;
  #bytes = 0;

  private constructor(
    readonly handle: FileHandle,
    readonly target: string,
  ) {}

  /**
   * @param file must not be there yet
   * @param target how errors name it
   * @throws LongattnError NOT_WRITABLE, DISK_FULL, ...
   */
  static async create(file: string, target = file, fs: FileSystem = nodeFileSystem): Promise<FileSink> {
    try {
      return new FileSink(await fs.open(file, 'wx'), target);
    } catch (error) {
      throw writeError(error, target);
    }
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws LongattnError DISK_FULL, WRITE_FAILED, ... */
  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.byteLength;
    const large = chunk.byteLength > GATHER_BYTES / 2;
    if (large || this.#length + chunk.byteLength > GATHER_BYTES) await this.#flush();
    if (large) return this.#writeAll(chunk);
    this.#gathered.set(chunk, this.#length);
    this.#length += chunk.byteLength;
  }

  /** Everything on the disk, and the file closed. @throws LongattnError as `write` */
  async finish(): Promise<Written> {
    try {
      await this.#flush();
      await this.handle.sync();
    } catch (error) {
      throw writeError(error, this.target);
    } finally {
      await this.handle.close();
    }
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** The file closed as it is: after an error, which is the one to tell. */
  async abandon(): Promise<void> {
    await this.handle.close().catch(() => undefined);
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
