// Millions of short texts (window ids) in a few large byte arrays: as JavaScript strings they would take several times the memory.

/** No text reaches over the end of a chunk. */
const CHUNK_BYTES = 1 << 24;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class TextStore {
  length = 0;
  readonly #chunks: Buffer[] = [];
  readonly #chunkOf: Uint16Array;
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  /** Of the last chunk; there is none yet. */
  #used = Infinity;

  /** @param capacity texts that will be pushed, at most */
  constructor(capacity: number) {
    this.#chunkOf = new Uint16Array(capacity);
    this.#start = new Uint32Array(capacity);
    this.#end = new Uint32Array(capacity);
  }

  /** UTF-8 bytes [start, end) of `bytes`; they are copied. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#used + size > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, size)));
      this.#used = 0;
    }
    const chunk = this.#chunks[this.#chunks.length - 1]!;
    // A loop beats a call for a few dozen bytes.
    for (let from = start, to = this.#used; from < end; from++, to++) chunk[to] = bytes[from]!;
    this.#chunkOf[this.length] = this.#chunks.length - 1;
    this.#start[this.length] = this.#used;
    this.#used += size;
    this.#end[this.length] = this.#used;
    this.length++;
  }

  get(index: number): string {
    return decoder.decode(this.bytes(index));
  }

  /** Whether text `index` begins with bytes [start, end). */
  startsWith(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const chunk = this.#chunks[this.#chunkOf[index]!]!;
    let at = this.#start[index]!;
    if (this.#end[index]! - at < end - start) return false;
    for (let from = start; from < end; from++, at++) if (chunk[at] !== bytes[from]) return false;
    return true;
  }

  /** No copy. */
  bytes(index: number): Uint8Array {
    return this.#chunks[this.#chunkOf[index]!]!.subarray(this.#start[index], this.#end[index]);
  }

  /** Where texts [first, end) begin in `concat(first, end)`, and where the last one ends. */
  offsets(first: number, end: number): Int32Array<ArrayBuffer> {
    const offsets = new Int32Array(end - first + 1);
    for (let i = first; i < end; i++) offsets[i - first + 1] = offsets[i - first]! + this.#end[i]! - this.#start[i]!;
    return offsets;
  }

  /** Texts [first, end), one after the other. */
  concat(first: number, end: number): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array[] = [];
    for (let from = first; from < end;) {
      // Texts of one chunk lie side by side.
      let to = from + 1;
      while (to < end && this.#chunkOf[to] === this.#chunkOf[from]) to++;
      pieces.push(this.#chunks[this.#chunkOf[from]!]!.subarray(this.#start[from], this.#end[to - 1]));
      from = to;
    }
    return new Uint8Array(Buffer.concat(pieces));
  }

  /** Order of the UTF-8 bytes, which is that of the code points: < 0, 0 or > 0. */
  compare(a: number, b: number): number {
    const left = this.#chunks[this.#chunkOf[a]!]!;
    const right = this.#chunks[this.#chunkOf[b]!]!;
    return left.compare(right, this.#start[b], this.#end[b], this.#start[a], this.#end[a]);
  }
}
