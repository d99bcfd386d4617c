// Random reads of a file that is far away: each request costs as much as some hundred kilobytes, so one fetches more than was asked for.
//
// One window is held, not a cache of many: readers go forward, from the head of a page to its body and on to the next.
import type { ByteRange, OpenFile, StoredFile } from './storage.js';

/** Fetched at least, where the file goes on so long. */
const READ_AHEAD = 1 << 20;

export class RemoteFile implements OpenFile {
  readonly bytes: number;
  #window = { start: 0, bytes: Buffer.alloc(0) };

  /** @param stream gives exactly the bytes of a range, or throws */
  constructor(
    file: StoredFile,
    private readonly stream: (range: ByteRange) => AsyncIterable<Buffer>,
  ) {
    this.bytes = file.bytes;
  }

  async read<B extends Uint8Array>(
    buffer: B,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: B }> {
    const end = Math.min(position + length, this.bytes);
    const wanted = Math.max(0, end - position);
    if (wanted >= READ_AHEAD) await this.#fetch({ start: position, end }, buffer.subarray(offset, offset + wanted));
    else if (wanted > 0) {
      const { start, bytes } = await this.#windowOver(position, end);
      bytes.copy(buffer, offset, position - start, end - start);
    }
    return { bytesRead: wanted, buffer };
  }

  close(): Promise<void> {
    this.#window = { start: 0, bytes: Buffer.alloc(0) };
    return Promise.resolve();
  }

  /** Returned, not only kept: another read may have moved on by the time that this one goes on. */
  async #windowOver(start: number, end: number): Promise<{ start: number; bytes: Buffer }> {
    const held = this.#window;
    if (start >= held.start && end <= held.start + held.bytes.length) return held;
    const bytes = Buffer.alloc(Math.min(READ_AHEAD, this.bytes - start));
    await this.#fetch({ start, end: start + bytes.length }, bytes);
    return (this.#window = { start, bytes });
  }

  async #fetch(range: ByteRange, into: Uint8Array): Promise<void> {
    let at = 0;
    for await (const chunk of this.stream(range)) {
      into.set(chunk, at);
      at += chunk.length;
    }
  }
}
