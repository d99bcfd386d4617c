// Columns built row by row in growing typed arrays, handed to Arrow without an object a cell.
import {
  Bool,
  DataType,
  Float32,
  Float64,
  Int32,
  LargeUtf8,
  makeData,
  Precision,
  Utf8,
  type Data,
  type FixedSizeList,
  type Float,
  type List,
} from 'apache-arrow';
import { fixedSize, type ColumnType } from './schema.js';

export interface ColumnBuilder {
  push(value: unknown): void;
  /** Bytes gathered since the last `finish`. */
  readonly bytes: number;
  /** The column of `rows` rows; the builder is empty afterwards. */
  finish(rows: number): Data;
}

type NumberArray =
  Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** A typed array that grows by doubling. `take` hands out exactly what was pushed, in memory of its own. */
export class Growing<T extends NumberArray> {
  length = 0;
  #array: T;

  constructor(readonly make: (length: number) => T) {
    this.#array = make(1024);
  }

  get bytes(): number {
    return this.length * this.#array.BYTES_PER_ELEMENT;
  }

  /** Room for `count` more; returns the array to write into from `length` on. */
  reserve(count: number): T {
    const needed = this.length + count;
    if (needed > this.#array.length) {
      const grown = this.make(Math.max(needed, 2 * this.#array.length));
      grown.set(this.#array.subarray(0, this.length));
      this.#array = grown;
    }
    return this.#array;
  }

  push(value: number): void {
    this.reserve(1)[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.reserve(values.length).set(values, this.length);
    this.length += values.length;
  }

  take(): T {
    const taken = this.#array.slice(0, this.length) as T;
    this.length = 0;
    return taken;
  }
}

export const int32s = (): Growing<Int32Array<ArrayBuffer>> => new Growing((length) => new Int32Array(length));
export const uint8s = (): Growing<Uint8Array<ArrayBuffer>> => new Growing((length) => new Uint8Array(length));
const float32s = (): Growing<Float32Array<ArrayBuffer>> => new Growing((length) => new Float32Array(length));
const float64s = (): Growing<Float64Array<ArrayBuffer>> => new Growing((length) => new Float64Array(length));

class TextBuilder implements ColumnBuilder {
  readonly #ends = int32s();
  readonly #text = uint8s();
  readonly #encoder = new TextEncoder();

  constructor(readonly large: boolean) {}

  get bytes(): number {
    return this.#text.bytes + this.#ends.bytes;
  }

  push(value: string): void {
    // A UTF-16 unit needs at most 3 bytes. A lone surrogate becomes U+FFFD, as in every UTF-8 encoder.
    const room = this.#text.reserve(3 * value.length).subarray(this.#text.length);
    this.#text.length += this.#encoder.encodeInto(value, room).written;
    this.#ends.push(this.#text.length);
  }

  finish(rows: number): Data {
    const ends = this.#ends.take();
    const common = { length: rows, nullCount: 0, data: this.#text.take() };
    if (!this.large) return makeData({ type: new Utf8(), valueOffsets: withZero(ends), ...common });
    return makeData({ type: new LargeUtf8(), valueOffsets: BigInt64Array.from(withZero(ends), BigInt), ...common });
  }
}

class Int32Builder implements ColumnBuilder {
  readonly #values = int32s();
  get bytes(): number {
    return this.#values.bytes;
  }
  push(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} does not fit an int32 column`);
    this.#values.push(value);
  }
  finish(rows: number): Data {
    return makeData({ type: new Int32(), length: rows, nullCount: 0, data: this.#values.take() });
  }
}

class Float64Builder implements ColumnBuilder {
  readonly #values = float64s();
  get bytes(): number {
    return this.#values.bytes;
  }
  push(value: number): void {
    this.#values.push(value);
  }
  finish(rows: number): Data {
    return makeData({ type: new Float64(), length: rows, nullCount: 0, data: this.#values.take() });
  }
}

class BoolBuilder implements ColumnBuilder {
  readonly #values = uint8s();
  get bytes(): number {
    return this.#values.bytes;
  }
  push(value: boolean): void {
    this.#values.push(value ? 1 : 0);
  }
  finish(rows: number): Data {
    const bits = new Uint8Array(Math.ceil(rows / 8));
    this.#values.take().forEach((value, row) => (bits[row >> 3]! |= value << (row & 7)));
    return makeData({ type: new Bool(), length: rows, nullCount: 0, data: bits });
  }
}

class ListBuilder implements ColumnBuilder {
  readonly #ends = int32s();
  readonly #values: Growing<Int32Array<ArrayBuffer>> | Growing<Float32Array<ArrayBuffer>>;

  constructor(
    readonly type: List,
    readonly floats: boolean,
  ) {
    this.#values = floats ? float32s() : int32s();
  }

  get bytes(): number {
    return this.#values.bytes + this.#ends.bytes;
  }

  push(value: ArrayLike<number>): void {
    this.#values.append(value);
    this.#ends.push(this.#values.length);
  }

  finish(rows: number): Data {
    const data = this.#values.take();
    const type = this.floats ? new Float32() : new Int32();
    const child = makeData({ type, length: data.length, nullCount: 0, data } as Parameters<typeof makeData>[0]);
    return makeData({ type: this.type, length: rows, nullCount: 0, valueOffsets: withZero(this.#ends.take()), child });
  }
}

class FixedListBuilder implements ColumnBuilder {
  readonly #values:
    Growing<Int32Array<ArrayBuffer>> | Growing<Float32Array<ArrayBuffer>> | Growing<Float64Array<ArrayBuffer>>;

  constructor(
    readonly type: FixedSizeList,
    readonly size: number,
  ) {
    const item = type.valueType as DataType;
    this.#values = DataType.isInt(item)
      ? int32s()
      : (item as Float).precision === Precision.SINGLE
        ? float32s()
        : float64s();
  }

  get bytes(): number {
    return this.#values.bytes;
  }

  push(value: ArrayLike<number>): void {
    if (value.length !== this.size) throw new RangeError(`${value.length} values do not fit a list of ${this.size}`);
    this.#values.append(value);
  }

  finish(rows: number): Data {
    const data = this.#values.take();
    const type = this.type.valueType as DataType;
    const child = makeData({ type, length: data.length, nullCount: 0, data } as Parameters<typeof makeData>[0]);
    return makeData({ type: this.type, length: rows, nullCount: 0, child });
  }
}

/** @param arrow the same type as Arrow's schema has it: a column must carry its very object */
export function makeColumnBuilder(type: ColumnType, arrow: unknown): ColumnBuilder {
  switch (type) {
    case 'utf8':
    case 'large_utf8':
      return new TextBuilder(type === 'large_utf8');
    case 'int32':
      return new Int32Builder();
    case 'float64':
      return new Float64Builder();
    case 'bool':
      return new BoolBuilder();
    case 'list<int32>':
    case 'list<float32>':
      return new ListBuilder(arrow as List, type === 'list<float32>');
    default:
      return new FixedListBuilder(arrow as FixedSizeList, fixedSize(type));
  }
}

export function withZero(ends: Int32Array): Int32Array<ArrayBuffer> {
  const offsets = new Int32Array(ends.length + 1);
  offsets.set(ends, 1);
  return offsets;
}
