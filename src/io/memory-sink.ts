// Bytes in order in memory that is used again: a new buffer of megabytes a time costs more than what is written into it.
import type { Sink } from './file-sink.js';

export class MemorySink implements Sink {
  #memory = new Uint8Array(1 << 16);
  #length = 0;

  write(chunk: Uint8Array): Promise<void> {
    const end = this.#length + chunk.byteLength;
    if (end > this.#memory.byteLength) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#memory.byteLength));
      grown.set(this.#memory.subarray(0, this.#length));
      this.#memory = grown;
    }
    this.#memory.set(chunk, this.#length);
    this.#length = end;
    return Promise.resolve();
  }

  /** What was written since the last call; it stands there until the next `write`. */
  take(): Uint8Array {
    const taken = this.#memory.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
