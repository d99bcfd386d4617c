// Columns of any Arrow type built from cells as src/arrow/values.ts reads them. Every cell may be null.
import { DataType, Field, makeData, type Data, type FixedSizeList } from 'apache-arrow';
import { Growing, int32s, uint8s, withZero, type ColumnBuilder } from './column-builders.js';
import { fieldType } from './schema.js';
import { layoutOf, type Value } from './values.js';

type Parts = Record<string, unknown>;

/** Which cells are null, of any layout. */
abstract class ValueBuilder implements ColumnBuilder {
  readonly #valid = uint8s();

  constructor(readonly type: DataType) {}

  /** Without which cells are null. */
  protected abstract readonly own: number;
  protected abstract add(value: Value): void;
  protected abstract parts(rows: number): Parts;

  get bytes(): number {
    return this.own + this.#valid.bytes / 8;
  }

  push(value: Value): void {
    this.#valid.push(value === null ? 0 : 1);
    this.add(value);
  }

  finish(rows = this.#valid.length): Data {
    const valid = this.#valid.take();
    const nullCount = valid.reduce((count, isThere) => count + 1 - isThere, 0);
    const validity = nullCount > 0 ? { nullCount, nullBitmap: packed(valid) } : { nullCount: 0 };
    return makeData({ type: this.type, length: rows, ...validity, ...this.parts(rows) } as Parameters<
      typeof makeData
    >[0]);
  }
}

class NullBuilder extends ValueBuilder {
  protected readonly own = 0;
  protected add(): void {}
  protected parts(rows: number): Parts {
    return { nullCount: rows, nullBitmap: undefined };
  }
}

class BitBuilder extends ValueBuilder {
  readonly #bits = uint8s();
  protected get own(): number {
    return this.#bits.bytes / 8;
  }
  protected add(value: Value): void {
    this.#bits.push(value === true ? 1 : 0);
  }
  protected parts(): Parts {
    return { data: packed(this.#bits.take()) };
  }
}

class FixedBuilder extends ValueBuilder {
  readonly #bytes = uint8s();
  readonly #zero: Uint8Array;

  constructor(type: DataType, width: number) {
    super(type);
    this.#zero = new Uint8Array(width);
  }
  protected get own(): number {
    return this.#bytes.bytes;
  }
  protected add(value: Value): void {
    this.#bytes.append((value as Uint8Array | null) ?? this.#zero);
  }
  protected parts(): Parts {
    return { data: this.#bytes.take() };
  }
}

class BytesBuilder extends ValueBuilder {
  readonly #ends = int32s();
  readonly #bytes = uint8s();
  protected get own(): number {
    return this.#bytes.bytes + this.#ends.bytes;
  }
  protected add(value: Value): void {
    if (value !== null) this.#bytes.append(value as Uint8Array);
    this.#ends.push(this.#bytes.length);
  }
  protected parts(): Parts {
    return { valueOffsets: offsetsOf(this.type, this.#ends), data: this.#bytes.take() };
  }
}

class ListBuilder extends ValueBuilder {
  readonly #ends = int32s();
  readonly #items: ValueBuilder;
  #count = 0;

  constructor(type: DataType) {
    super(type);
    this.#items = builderOf(fieldType(type.children[0] as Field));
  }
  protected get own(): number {
    return this.#items.bytes + this.#ends.bytes;
  }
  protected add(value: Value): void {
    for (const item of (value as readonly Value[] | null) ?? []) {
      this.#items.push(item);
      this.#count++;
    }
    this.#ends.push(this.#count);
  }
  protected parts(): Parts {
    this.#count = 0;
    return { valueOffsets: offsetsOf(this.type, this.#ends), child: this.#items.finish() };
  }
}

class FixedListBuilder extends ValueBuilder {
  readonly #items: ValueBuilder;
  readonly #none: readonly Value[];

  constructor(type: FixedSizeList) {
    super(type);
    this.#items = builderOf(fieldType(type.children[0] as Field));
    this.#none = new Array<null>(type.listSize).fill(null);
  }
  protected get own(): number {
    return this.#items.bytes;
  }
  protected add(value: Value): void {
    for (const item of (value as readonly Value[] | null) ?? this.#none) this.#items.push(item);
  }
  protected parts(): Parts {
    return { child: this.#items.finish() };
  }
}

class StructBuilder extends ValueBuilder {
  readonly #fields: ValueBuilder[];

  constructor(type: DataType) {
    super(type);
    this.#fields = type.children.map((field) => builderOf(fieldType(field)));
  }
  protected get own(): number {
    return this.#fields.reduce((sum, field) => sum + field.bytes, 0);
  }
  protected add(value: Value): void {
    this.#fields.forEach((field, i) => field.push((value as readonly Value[] | null)?.[i] ?? null));
  }
  protected parts(rows: number): Parts {
    return { children: this.#fields.map((field) => field.finish(rows)) };
  }
}

/** @param field as `plainField` makes it; the column carries its very type */
export function makeValueBuilder(field: Field): ColumnBuilder {
  return builderOf(fieldType(field));
}

function builderOf(type: DataType): ValueBuilder {
  const layout = layoutOf(type);
  if (typeof layout === 'object') return new FixedBuilder(type, layout.width);
  switch (layout) {
    case 'null':
      return new NullBuilder(type);
    case 'bits':
      return new BitBuilder(type);
    case 'bytes':
      return new BytesBuilder(type);
    case 'list':
      return new ListBuilder(type);
    case 'fixed list':
      return new FixedListBuilder(type as FixedSizeList);
    case 'struct':
      return new StructBuilder(type);
  }
}

function offsetsOf(type: DataType, ends: Growing<Int32Array<ArrayBuffer>>): Int32Array | BigInt64Array {
  const offsets = withZero(ends.take());
  const isLarge = DataType.isLargeUtf8(type) || DataType.isLargeBinary(type) || DataType.isLargeList(type);
  return isLarge ? BigInt64Array.from(offsets, BigInt) : offsets;
}

/** Entries of 0 or 1 to a bit each. */
function packed(entries: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(entries.length / 8));
  entries.forEach((entry, row) => (bits[row >> 3]! |= entry << (row & 7)));
  return bits;
}
