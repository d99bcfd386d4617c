// Cells of any Arrow type, as the bytes that they are: how columns of a stranger's table go through to ours without a change.
//
// A cell is not decoded to a JavaScript value, which would round an int64, a decimal or a timestamp. Dictionaries and views are
// encodings of other types: their cells are those of the plain type. Every offset is checked before it is used.
import {
  BinaryView,
  DataType,
  Field,
  FixedSizeList,
  LargeList,
  List,
  Map_,
  Precision,
  Struct,
  Utf8,
  Vector,
} from 'apache-arrow';
import { Binary, DateUnit, type Data } from 'apache-arrow';
import { fieldType } from './schema.js';

/** Null; the bytes of a number (little-endian), a text or a binary; a bit; the items of a list, or the fields of a struct in order. */
export type Value = null | boolean | Uint8Array | readonly Value[];

/** How the cells of a type lie in memory. */
export type Layout = 'null' | 'bits' | 'bytes' | 'list' | 'fixed list' | 'struct' | { width: number };

/** @throws Error for a type that has no plain form */
export function layoutOf(type: DataType): Layout {
  if (DataType.isNull(type)) return 'null';
  if (DataType.isBool(type)) return 'bits';
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isBinary(type) || DataType.isLargeBinary(type))
    return 'bytes';
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) return 'list';
  if (DataType.isFixedSizeList(type)) return 'fixed list';
  if (DataType.isStruct(type)) return 'struct';
  const width = widthOf(type);
  if (width === undefined) throw new Error(`${nameOf(type)} has no place in our tables`);
  return { width };
}

/** As Arrow writes it: `List<Int64>`. */
export function nameOf(type: DataType): string {
  return `${type as { toString(): string }}`;
}

/** Bytes of a cell. */
function widthOf(type: DataType): number | undefined {
  if (DataType.isInt(type) || DataType.isDecimal(type) || DataType.isTime(type)) return type.bitWidth / 8;
  if (DataType.isFloat(type))
    return { [Precision.HALF]: 2, [Precision.SINGLE]: 4, [Precision.DOUBLE]: 8 }[type.precision];
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 4 : 8;
  if (DataType.isTimestamp(type) || DataType.isDuration(type)) return 8;
  return DataType.isFixedSizeBinary(type) ? type.byteWidth : undefined;
}

/**
 * The field without dictionaries and views; all in it may be null but the keys of a map.
 * @throws Error with the reason, for a type that cannot be kept
 */
export function plainField({ name, type, metadata }: Field, nullable = true): Field {
  // What makes a type of Arrow's extensions; the rest is the note of another file.
  const own = new Map([...metadata].filter(([key]) => key.startsWith('ARROW:extension:')));
  return new Field(name, plainType(type as DataType), nullable, own);
}

function plainType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return plainType(type.dictionary as DataType);
  if (DataType.isUtf8View(type)) return new Utf8();
  if (DataType.isBinaryView(type)) return new Binary();
  if (DataType.isMap(type)) {
    const entries = type.children[0] as Field<Struct>;
    const [key, value] = entries.type.children as [Field, Field];
    const struct = new Struct([plainField(key, false), plainField(value)]);
    return new Map_(new Field(entries.name, struct, false) as never, type.keysSorted);
  }
  const item = (): Field => {
    const field = plainField(type.children[0] as Field);
    if (DataType.isNull(fieldType(field))) throw new Error('a list of nulls says nothing of what its items are');
    return field;
  };
  if (DataType.isList(type)) return new List(item());
  if (DataType.isLargeList(type)) return new LargeList(item());
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, item());
  if (DataType.isStruct(type)) {
    if (type.children.length === 0) throw new Error('a struct without fields');
    return new Struct(type.children.map((field) => plainField(field)));
  }
  layoutOf(type);
  return type;
}

/** Equal for types whose cells are the same bytes and mean the same. */
export function signatureOf(type: DataType): string {
  const { children, bitWidth } = type as { children?: Field[]; bitWidth?: number };
  const inner = (children ?? []).map((field) => `${JSON.stringify(field.name)} ${signatureOf(fieldType(field))}`);
  return `${nameOf(type)} ${bitWidth ?? ''}(${inner.join()})`;
}

/** The cells of a column of one batch. @throws Error, as the reader does, where they lie outside of their buffers */
export function valueReader(data: Data): (row: number) => Value {
  const cell = cellReader(data, data.type);
  return (row) => (isValid(data, row) ? cell(row) : null);
}

function isValid({ nullBitmap, offset }: Data, row: number): boolean {
  if (!nullBitmap || nullBitmap.length === 0) return true;
  return bit(nullBitmap, offset + row);
}

function bit(bits: Uint8Array, at: number): boolean {
  const byte = bits[at >> 3];
  if (byte === undefined) throw outside();
  return ((byte >> (at & 7)) & 1) === 1;
}

const outside = (): Error => new Error('a value that lies outside of its buffer');

function cellReader(data: Data, type: DataType): (row: number) => Value {
  if (DataType.isDictionary(type)) return dictionaryReader(data);
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) {
    const views = new Vector([data.clone(new BinaryView())]);
    return (row) => views.get(row);
  }
  const layout = layoutOf(type);
  if (typeof layout === 'object') return fixedReader(bytesOf(data.values), layout.width);
  const children = data.children.map(valueReader);
  switch (layout) {
    case 'null':
      return () => null;
    case 'bits':
      return (row) => bit(data.values as Uint8Array, data.offset + row);
    case 'bytes': {
      const bytes = bytesOf(data.values);
      return (row) => bytes.subarray(...rangeOf(data, row, bytes.length));
    }
    case 'list':
      return (row) => items(children[0]!, ...rangeOf(data, row, data.children[0]!.length));
    case 'fixed list': {
      const { listSize } = type as FixedSizeList;
      return (row) => items(children[0]!, row * listSize, (row + 1) * listSize);
    }
    case 'struct':
      return (row) => children.map((child) => child(row));
  }
}

function fixedReader(bytes: Uint8Array, width: number): (row: number) => Value {
  return (row) => {
    const cell = bytes.subarray(row * width, (row + 1) * width);
    if (cell.length !== width) throw outside();
    return cell;
  };
}

function dictionaryReader(data: Data): (row: number) => Value {
  const chunks = (data.dictionary as Vector).data.map((chunk) => ({
    rows: (chunk as Data).length,
    read: valueReader(chunk as Data),
  }));
  const keys = data.values as ArrayLike<number | bigint>;
  return (row) => {
    let key = Number(keys[row]);
    for (const { rows, read } of key >= 0 ? chunks : []) {
      if (key < rows) return read(key);
      key -= rows;
    }
    throw new Error('a value that its dictionary does not have');
  };
}

function rangeOf({ valueOffsets }: Data, row: number, length: number): [start: number, end: number] {
  const offsets = valueOffsets as ArrayLike<number | bigint>;
  const [start, end] = [Number(offsets[row]), Number(offsets[row + 1])];
  if (!(start >= 0 && start <= end && end <= length)) throw outside();
  return [start, end];
}

/** One by one: a length that is a lie ends at the first item that is not there. */
function items(read: (row: number) => Value, start: number, end: number): Value[] {
  const values: Value[] = [];
  for (let at = start; at < end; at++) values.push(read(at));
  return values;
}

function bytesOf(values: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } = values as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
