// The cells of a column of a record batch: strings decoded strictly, lengths and offsets checked.
//
// Apache Arrow's own accessors patch invalid UTF-8 and believe every offset, so that a damaged one gives another row's text or a
// list of 2^31 items.
import { Binary, BinaryView, DataType, LargeBinary, Vector, type Data, type Dictionary } from 'apache-arrow';
import { INVALID_UTF8 } from './row-document.js';
import { decodeUtf8 } from './utf8.js';

/** The value of a row: null, a string, INVALID_UTF8, an iterable of numbers, or what else the library makes of it. */
export type Cell = (row: number) => unknown;

const VIEW_BYTES = 16;

/**
 * @param rows of the batch
 * @throws Error when the column's buffers cannot hold so many rows; a cell throws when it points outside of its buffer
 */
export function cellsOf(column: Vector, rows: number): Cell {
  if (column.length !== rows || chunksOf(column).reduce((sum, data) => sum + capacity(data), 0) < rows) {
    throw new Error('a column is shorter than its rows');
  }
  const type = column.type as DataType;
  if (DataType.isDictionary(type)) return dictionaryCells(column as Vector<Dictionary>);
  if (DataType.isList(type) || DataType.isLargeList(type)) return listCells(column);
  const bytesType = bytesOf(type);
  if (!bytesType) return (row) => column.get(row) as unknown;
  const bytes = new Vector(chunksOf(column).map((data) => data.clone(bytesType)));
  return (row) => {
    checkOffsets(chunksOf(column), row);
    const value = bytes.get(row) as Uint8Array | null;
    return value && (decodeUtf8(value) ?? INVALID_UTF8);
  };
}

/** The chunks of a column, by the type that says what was checked of it. */
const chunksOf = (column: Vector): readonly Data[] => column.data as readonly Data[];

function dictionaryCells(column: Vector<Dictionary>): Cell {
  const dictionary = column.data[0]!.dictionary as Vector;
  const values = cellsOf(dictionary, dictionary.length);
  const keys = new Vector(column.data.map((data) => data.clone(column.type.indices)));
  return (row) => {
    const key = keys.get(row) as number | bigint | null;
    if (key === null) return null;
    if (!(key >= 0 && key < dictionary.length)) throw new Error('a value that its dictionary does not have');
    return values(Number(key));
  };
}

function listCells(column: Vector): Cell {
  const child = column.data[0]!.children[0] as Data;
  if (capacity(child) < child.length) throw new Error('a column is shorter than its items');
  const { type: childType } = child as { type: DataType };
  if (!bytesOf(childType) && !DataType.isDictionary(childType)) {
    return (row) => {
      checkOffsets(chunksOf(column), row);
      return column.get(row) as unknown;
    };
  }
  const items = cellsOf(new Vector([child]), child.length);
  const offsets = column.data[0]!.valueOffsets as Int32Array | BigInt64Array;
  return (row) => {
    checkOffsets(chunksOf(column), row);
    if (!column.isValid(row)) return null;
    const [start, end] = [Number(offsets[row]), Number(offsets[row + 1])];
    return Array.from({ length: end - start }, (_, i) => items(start + i));
  };
}

/** Record batches have one chunk a column; dictionaries that have grown have more, and no offsets are checked there. */
function checkOffsets(chunks: readonly Data[], row: number): void {
  const [data] = chunks;
  const offsets = data?.valueOffsets as Int32Array | BigInt64Array | undefined;
  if (chunks.length !== 1 || !offsets || offsets.length === 0) return;
  const [start, end] = [Number(offsets[row]), Number(offsets[row + 1])];
  const items = data!.children[0]?.length ?? (data!.values as Uint8Array).length;
  if (!(start >= 0 && start <= end && end <= items)) throw new Error('a value that lies outside of its buffer');
}

/** Rows that the buffers of a chunk can hold. */
function capacity(data: Data): number {
  const { type } = data as { type: DataType };
  if (DataType.isNull(type)) return data.length;
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) return (data.values as Uint8Array).length / VIEW_BYTES;
  // An empty column may come without its one offset.
  const offsets = data.valueOffsets as ArrayLike<unknown> | undefined;
  if (offsets) return Math.max(0, offsets.length - 1);
  if (DataType.isBool(type)) return (data.values as Uint8Array).length * 8;
  if (data.children.length > 0) return Math.max(...data.children.map(capacity));
  return (data.values as ArrayLike<unknown> | undefined)?.length ?? 0;
}

/** The type with the same buffers as a type of strings, and no decoding. */
function bytesOf(type: DataType): DataType | undefined {
  if (DataType.isUtf8(type)) return new Binary();
  if (DataType.isLargeUtf8(type)) return new LargeBinary();
  return DataType.isUtf8View(type) ? new BinaryView() : undefined;
}
