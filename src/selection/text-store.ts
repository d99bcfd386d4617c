// Millions of short texts (window ids) in the byte arrays of the batches that they came in: as JavaScript strings they would take
// several times the memory, and copied one by one several times the time.
import { TextColumn } from '../arrow/columns.js';

export class TextStore {
  length = 0;
  readonly #chunks: { offsets: TextColumn['offsets']; bytes: Buffer; column: TextColumn }[] = [];
  /** Number of each chunk's first text. */
  readonly #firsts: number[] = [];
  /** The chunk that was asked for last: most questions follow each other. */
  #last = 0;

  /** All texts of a batch; they are copied. */
  append({ offsets, bytes }: TextColumn): void {
    if (offsets.length < 2) return;
    // Not `slice`: of a Buffer that is no copy.
    const copy = new Uint8Array(bytes);
    const column = new TextColumn(offsets.slice(), copy);
    this.#chunks.push({ offsets: column.offsets, bytes: Buffer.from(copy.buffer), column });
    this.#firsts.push(this.length);
    this.length += offsets.length - 1;
  }

  /** Some texts of a batch. */
  appendRows(column: TextColumn, rows: readonly number[]): void {
    const offsets = new Int32Array(rows.length + 1);
    rows.forEach((row, i) => (offsets[i + 1] = offsets[i]! + column.slice(row).length));
    const bytes = new Uint8Array(offsets[rows.length]!);
    rows.forEach((row, i) => bytes.set(column.slice(row), offsets[i]));
    this.append(new TextColumn(offsets, bytes));
  }

  get(index: number): string {
    const chunk = this.#chunkOf(index);
    return this.#chunks[chunk]!.column.get(index - this.#firsts[chunk]!);
  }

  /** No copy. */
  bytes(index: number): Uint8Array {
    const chunk = this.#chunkOf(index);
    return this.#chunks[chunk]!.column.slice(index - this.#firsts[chunk]!);
  }

  /** Texts [first, end), one after the other: text i is bytes[offsets[i - first], offsets[i - first + 1]). */
  column(first: number, end: number): { offsets: Int32Array<ArrayBuffer>; bytes: Uint8Array<ArrayBuffer> } {
    const offsets = new Int32Array(end - first + 1);
    const pieces: { from: number; bytes: Uint8Array }[] = [];
    let size = 0;
    for (let from = first; from < end;) {
      const chunk = this.#chunkOf(from);
      const start = this.#firsts[chunk]!;
      const to = Math.min(end, this.#firsts[chunk + 1] ?? end);
      const column = this.#chunks[chunk]!;
      const shift = size - column.offsets[from - start]!;
      for (let i = from; i < to; i++) offsets[i - first + 1] = shift + column.offsets[i - start + 1]!;
      pieces.push({
        from: size,
        bytes: column.bytes.subarray(column.offsets[from - start], column.offsets[to - start]),
      });
      size = offsets[to - first]!;
      from = to;
    }
    const bytes = new Uint8Array(size);
    for (const piece of pieces) bytes.set(piece.bytes, piece.from);
    return { offsets, bytes };
  }

  /** Order of the UTF-8 bytes, which is that of the code points: < 0, 0 or > 0. */
  compare(a: number, b: number): number {
    const left = this.#chunkOf(a);
    const right = this.#chunkOf(b);
    const { offsets: lefts, bytes } = this.#chunks[left]!;
    const { offsets: rights, bytes: others } = this.#chunks[right]!;
    const [i, j] = [a - this.#firsts[left]!, b - this.#firsts[right]!];
    return bytes.compare(others, rights[j], rights[j + 1], lefts[i], lefts[i + 1]);
  }

  #chunkOf(index: number): number {
    const firsts = this.#firsts;
    const last = this.#last;
    if (firsts[last]! <= index && index < (firsts[last + 1] ?? this.length)) return last;
    let [low, high] = [0, firsts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return (this.#last = low);
  }
}
