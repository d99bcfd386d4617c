// The tables of a run directory, as data: column names and types, in order. Writer, reader and error messages all use this form.
//
// Nothing is nullable, nothing is a dictionary, and int64 is not needed: a document's characters and tokens fit 31 bits because
// its text is one JavaScript string.
import {
  Bool,
  DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  LargeUtf8,
  List,
  Schema,
  Type,
  Utf8,
} from 'apache-arrow';
import { sizeOf, storedStatistics, type Extras, type Per } from '../base/statistics.js';

/** `float64[9]` is a fixed-size list of 9 numbers. */
export type FixedList = `float64[${number}]` | `int32[${number}]`;

/** `tensor<float32>[2,3]`: Arrow's canonical extension type `arrow.fixed_shape_tensor`, row-major. */
export type TensorType = `tensor<float32>[${string}]`;

export type ColumnType =
  'utf8' | 'large_utf8' | 'int32' | 'float64' | 'bool' | 'list<int32>' | 'list<float32>' | FixedList | TensorType;

export type Columns = Readonly<Record<string, ColumnType>>;

/** Columns of ours, and fields of strangers' tables as they are: their cells are Values, and may be null. */
export type TableColumns = Readonly<Record<string, ColumnType | Field>>;

/** Key-value pairs of the schema: model, revision, dtype, rope, kernel, spec hash, ... */
export type Metadata = Readonly<Record<string, string>>;

export const WINDOW_COLUMNS = {
  window_id: 'utf8',
  doc_id: 'utf8',
  domain: 'utf8',
  source: 'utf8',
  char_start: 'int32',
  char_end: 'int32',
  token_start: 'int32',
  token_ids: 'list<int32>',
} as const satisfies Columns;

/** @param heads H; bins are H x 32, head-major */
export function scoreColumns(heads: number, extras: Extras = {}): Columns {
  const types: Record<Per, ColumnType> = {
    head: `float64[${sizeOf('head', heads, 0)}]`,
    bin: `float64[${sizeOf('bin', heads, 0)}]`,
    token: 'list<float32>',
    window: 'float64',
  };
  return {
    window_id: 'utf8',
    doc_id: 'utf8',
    domain: 'utf8',
    layer: 'int32',
    length: 'int32',
    k: 'int32',
    ...Object.fromEntries(storedStatistics(extras).map(([, { column, per }]) => [column, types[per]])),
  };
}

export const SELECTION_COLUMNS = {
  window_id: 'utf8',
  domain: 'utf8',
  ds: 'float64',
  du: 'float64',
  lds: 'float64',
  score: 'float64',
  rank: 'int32',
  selected: 'bool',
  reason: 'utf8',
} as const satisfies Columns;

export const EXPORT_COLUMNS = {
  window_id: 'utf8',
  doc_id: 'utf8',
  domain: 'utf8',
  source: 'utf8',
  text: 'large_utf8',
  token_ids: 'list<int32>',
  token_start: 'int32',
  char_start: 'int32',
  char_end: 'int32',
  ds: 'float64',
  du: 'float64',
  lds: 'float64',
  score: 'float64',
  rank: 'int32',
} as const satisfies Columns;

export function toArrowSchema(columns: TableColumns, metadata: Metadata = {}, nullable = false): Schema {
  const fields = Object.entries(columns).map(([name, type]) =>
    type instanceof Field ? type : new Field(name, toArrowType(type, nullable), nullable, extensionOf(type)),
  );
  return new Schema(fields, new Map(Object.entries(metadata)));
}

function toArrowType(type: ColumnType, nullable: boolean): DataType {
  switch (type) {
    case 'utf8':
      return new Utf8();
    case 'large_utf8':
      return new LargeUtf8();
    case 'int32':
      return new Int32();
    case 'float64':
      return new Float64();
    case 'bool':
      return new Bool();
    case 'list<int32>':
      return new List(new Field('item', new Int32(), nullable));
    case 'list<float32>':
      return new List(new Field('item', new Float32(), nullable));
    default:
      return new FixedSizeList(fixedSize(type), new Field('item', itemType(type), nullable));
  }
}

function itemType(type: FixedList | TensorType): DataType {
  return type.startsWith('tensor') ? new Float32() : type.startsWith('int32') ? new Int32() : new Float64();
}

/** `float64[9]` -> 9, `tensor<float32>[2,3]` -> 6. */
export function fixedSize(type: FixedList | TensorType): number {
  return shapeOf(type).reduce((size, length) => size * length, 1);
}

function shapeOf(type: FixedList | TensorType): number[] {
  return type
    .slice(type.indexOf('[') + 1, -1)
    .split(',')
    .map(Number);
}

/** What makes a field of an extension type: two entries of its metadata. */
function extensionOf(type: ColumnType): Map<string, string> | undefined {
  if (!type.startsWith('tensor')) return undefined;
  return new Map([
    ['ARROW:extension:name', 'arrow.fixed_shape_tensor'],
    ['ARROW:extension:metadata', JSON.stringify({ shape: shapeOf(type as TensorType) })],
  ]);
}

/** Arrow's own declarations leave the type of a field open. */
export function fieldType(field: Field): DataType {
  return field.type as DataType;
}

/** The name of an Arrow type in the form above; a type that no table of ours has keeps Arrow's own name. */
export function describeType(type: DataType): string {
  switch (type.typeId) {
    case Type.Utf8:
      return 'utf8';
    case Type.LargeUtf8:
      return 'large_utf8';
    case Type.Bool:
      return 'bool';
    case Type.List:
      return `list<${describeType((type as List).valueType as DataType)}>`;
    case Type.FixedSizeList:
      return `${describeType((type as FixedSizeList).valueType as DataType)}[${(type as FixedSizeList).listSize}]`;
    default:
      return `${type as { toString(): string }}`.toLowerCase();
  }
}
