// Columns of a batch as they lie in the file: typed arrays and offsets, no object a cell.

/** A byte order mark at the front of a text belongs to the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 texts (checked), one after the other; text i is bytes[offsets[i], offsets[i+1]). */
export class TextColumn {
  constructor(
    readonly offsets: Int32Array | Float64Array,
    readonly bytes: Uint8Array,
  ) {}

  get(row: number): string {
    return decoder.decode(this.slice(row));
  }

  /** The bytes of one text; no copy. */
  slice(row: number): Uint8Array {
    return this.bytes.subarray(this.offsets[row], this.offsets[row + 1]);
  }
}

/** Lists of numbers, one after the other: of a fixed size, or by offsets. */
export class ListColumn<T extends Int32Array | Float32Array | Float64Array> {
  constructor(
    readonly values: T,
    readonly offsets: Int32Array | number,
  ) {}

  /** One list; no copy. */
  get(row: number): T {
    const { offsets } = this;
    if (typeof offsets === 'number') return this.values.subarray(row * offsets, (row + 1) * offsets) as T;
    return this.values.subarray(offsets[row], offsets[row + 1]) as T;
  }
}

export interface ColumnOf {
  utf8: TextColumn;
  large_utf8: TextColumn;
  int32: Int32Array;
  float64: Float64Array;
  bool: Uint8Array;
  'list<int32>': ListColumn<Int32Array>;
  'list<float32>': ListColumn<Float32Array>;
}

/** The columns of one batch, by name. */
export type Batch<C> = { readonly rows: number } & {
  readonly columns: {
    readonly [N in keyof C]: C[N] extends keyof ColumnOf ? ColumnOf[C[N]] : ListColumn<Float64Array>;
  };
};
