// A cell of the corpus as the text of a JSON value that is exactly it.
//
// As text, because a JavaScript number would round an int64. What JSON has no value for (a time, a decimal, bytes) is refused by name: a
// reader would get something else back than the corpus has.
import { DataType, Precision, type Field } from 'apache-arrow';
import { fieldType } from '../../arrow/schema.js';
import { nameOf, type Value } from '../../arrow/values.js';

/** Why there is no such value of a type; undefined where there is. */
export function refusedByJson(field: Field): string | undefined {
  const type = fieldType(field);
  const isPlain = [DataType.isNull, DataType.isBool, DataType.isInt, DataType.isUtf8, DataType.isLargeUtf8].some((is) =>
    is(type),
  );
  if (isPlain || (DataType.isFloat(type) && type.precision !== Precision.HALF)) return undefined;
  if (isNested(type)) return type.children.map((child) => refusedByJson(child)).find((reason) => reason !== undefined);
  return `JSON has no value of the type ${nameOf(type)}: use parquet, arrow or hf`;
}

/** A struct or list is an object or array of JSON. */
function isNested(type: DataType): boolean {
  return (
    DataType.isStruct(type) || DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)
  );
}

/** @throws Error for a number that is not finite */
export function jsonText(value: Value, type: DataType): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (DataType.isStruct(type)) {
    const fields = type.children.map(
      (field, i) => `${JSON.stringify(field.name)}:${jsonText((value as Value[])[i]!, fieldType(field))}`,
    );
    return `{${fields.join()}}`;
  }
  if (isNested(type))
    return `[${(value as Value[]).map((item) => jsonText(item, fieldType(type.children[0] as Field))).join()}]`;
  const bytes = value as Uint8Array;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return JSON.stringify(Buffer.from(bytes).toString('utf8'));
  return numberText(bytes, type);
}

function numberText({ buffer, byteOffset, byteLength }: Uint8Array, type: DataType): string {
  const view = new DataView(buffer, byteOffset, byteLength);
  if (DataType.isInt(type)) {
    if (type.bitWidth === 64) return String(type.isSigned ? view.getBigInt64(0, true) : view.getBigUint64(0, true));
    const name = `get${type.isSigned ? 'Int' : 'Uint'}${type.bitWidth}` as 'getInt32';
    return String(view[name](0, true));
  }
  const number = byteLength === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  if (!Number.isFinite(number)) throw new Error(`${number} is no value of JSON: use parquet, arrow or hf`);
  return Object.is(number, -0) ? '-0.0' : String(number);
}
