// Random reads of a file that is far away: each request costs as much as some hundred kilobytes, so one fetches more than was asked for.
//
// One window is held, not a cache of many: readers go forward, from the head of a page to its body and on to the next.
import type { ByteRange, OpenFile, StoredFile } from './storage.js';

/** Fetched at least, where the file goes on so long. */
const READ_AHEAD = 1 << 20;

export class RemoteFile implements OpenFile {
  readonly bytes: number;
  #window = Buffer.alloc(0);
  #start = 0;

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
      if (position < this.#start || end > this.#start + this.#window.length) await this.#moveTo(position);
      this.#window.copy(buffer, offset, position - this.#start, end - this.#start);
    }
    return { bytesRead: wanted, buffer };
  }

  close(): Promise<void> {
    this.#window = Buffer.alloc(0);
    return Promise.resolve();
  }

  async #moveTo(start: number): Promise<void> {
    const end = Math.min(start + READ_AHEAD, this.bytes);
    const window = Buffer.alloc(end - start);
    await this.#fetch({ start, end }, window);
    this.#window = window;
    this.#start = start;
  }

  async #fetch(range: ByteRange, into: Uint8Array): Promise<void> {
    let at = 0;
    for await (const chunk of this.stream(range)) {
      into.set(chunk, at);
      at += chunk.length;
    }
  }
}
