// A file that is read from its start to its end, and then once more: of a server's, what the first reading fetches is kept on the disk.
//
// The copy has no name, so it goes with the process, however that ends. It is a saving and no promise: of a file that does not fit, or
// that the disk does not take, every reading asks the server.
import { randomBytes } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isAddress } from './address.js';
import type { StoredFile } from './storage.js';
import { streamFile } from './storages.js';

/** Of all copies of a process together. */
const MOST_BYTES = 2 ** 30;
const CHUNK = 1 << 20;

let held = 0;

export class Spool {
  #copy: FileHandle | undefined;
  #copied = 0;
  #reserved = 0;

  /** @param mostBytes for tests */
  constructor(
    readonly file: StoredFile,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** The whole file. A reading begins when the one before it has ended. @throws as Storage.stream */
  async *stream(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#copy && this.#copied === this.file.bytes) yield* this.#fromCopy(this.#copy);
    else yield* this.#fetched();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    held -= this.#reserved;
    this.#reserved = 0;
    const copy = this.#copy;
    this.#copy = undefined;
    await copy?.close().catch(() => undefined);
  }

  async *#fetched(): AsyncGenerator<Buffer, void, undefined> {
    await this[Symbol.asyncDispose]();
    await this.#begin();
    for await (const chunk of streamFile(this.file)) {
      await this.#keep(chunk);
      yield chunk;
    }
  }

  async #begin(): Promise<void> {
    const { path, bytes } = this.file;
    if (!isAddress(path) || held + bytes > this.mostBytes) return;
    held += this.#reserved = bytes;
    this.#copied = 0;
    this.#copy = await unnamedFile();
  }

  async #keep(chunk: Buffer): Promise<void> {
    try {
      for (let at = 0; this.#copy && at < chunk.length;) {
        const { bytesWritten } = await this.#copy.write(chunk, at, chunk.length - at, this.#copied);
        [at, this.#copied] = [at + bytesWritten, this.#copied + bytesWritten];
      }
    } catch {
      await this[Symbol.asyncDispose](); // the disk is full
    }
  }

  async *#fromCopy(copy: FileHandle): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; at < this.file.bytes;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, this.file.bytes - at));
      const { bytesRead } = await copy.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new Error(`the copy of ${this.file.path} is shorter than it was written`);
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }
}

/** Undefined where none can be made. Not in /tmp by itself: that is often memory. */
async function unnamedFile(): Promise<FileHandle | undefined> {
  const file = path.join(process.env['TMPDIR'] || '/var/tmp', `longattn-${randomBytes(8).toString('hex')}`);
  const handle = await open(file, 'wx+', 0o600).catch(() => undefined);
  await unlink(file).catch(() => undefined);
  return handle;
}
