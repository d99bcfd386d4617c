// `Features` of the `datasets` library for columns of the corpus, by their Arrow types.
import { DataType, DateUnit, Precision, TimeUnit, type Field } from 'apache-arrow';
import { fieldType } from '../../arrow/schema.js';

const UNITS = {
  [TimeUnit.SECOND]: 's',
  [TimeUnit.MILLISECOND]: 'ms',
  [TimeUnit.MICROSECOND]: 'us',
  [TimeUnit.NANOSECOND]: 'ns',
};
const FLOATS = { [Precision.HALF]: 'float16', [Precision.SINGLE]: 'float32', [Precision.DOUBLE]: 'float64' };

/** Undefined for a type that the library has no feature for. */
export function featureOf(field: Field): unknown {
  return ofType(fieldType(field));
}

function ofType(type: DataType): unknown {
  const dtype = dtypeOf(type);
  if (dtype !== undefined) return { dtype, _type: 'Value' };
  if (DataType.isStruct(type)) {
    const fields = type.children.map((field) => [field.name, featureOf(field)] as const);
    return fields.some(([, feature]) => feature === undefined) ? undefined : Object.fromEntries(fields);
  }
  if (!DataType.isList(type) && !DataType.isFixedSizeList(type)) return undefined;
  const item = type.valueType as DataType;
  const feature = ofType(item);
  if (feature === undefined) return undefined;
  // A `Sequence` of structs would be read as a struct of lists.
  if (DataType.isList(type) && DataType.isStruct(item)) return [feature];
  if (DataType.isStruct(item)) return undefined;
  return { feature, ...(DataType.isFixedSizeList(type) && { length: type.listSize }), _type: 'Sequence' };
}

function dtypeOf(type: DataType): string | undefined {
  if (DataType.isNull(type)) return 'null';
  if (DataType.isBool(type)) return 'bool';
  if (DataType.isInt(type)) return `${type.isSigned ? '' : 'u'}int${type.bitWidth}`;
  if (DataType.isFloat(type)) return FLOATS[type.precision];
  if (DataType.isUtf8(type)) return 'string';
  if (DataType.isLargeUtf8(type)) return 'large_string';
  if (DataType.isBinary(type)) return 'binary';
  if (DataType.isLargeBinary(type)) return 'large_binary';
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 'date32' : 'date64';
  if (DataType.isTime(type)) return `time${type.bitWidth}[${UNITS[type.unit]}]`;
  if (DataType.isTimestamp(type))
    return `timestamp[${UNITS[type.unit]}${type.timezone ? `, tz=${type.timezone}` : ''}]`;
  if (DataType.isDuration(type)) return `duration[${UNITS[type.unit]}]`;
  if (DataType.isDecimal(type)) return `decimal${type.bitWidth}(${type.precision}, ${type.scale})`;
  return undefined;
}
