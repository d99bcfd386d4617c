// A row of any format (a JSON object, a Parquet or Arrow row) to a document, or the reason why not.
//
// Default fields are tried leniently (`text`, else the paper's `content`; `id`, else `data_id`, else the row's place). A field that the
// user named is taken at its word: a row without it is refused.
import type { Document } from '../base/records.js';
import { checkIds, nameOf } from './ids.js';
import { isWellFormed } from './utf8.js';

export interface FieldOptions {
  /** Default: `text`, else `content`. */
  textField?: string | undefined;
  /** Default: `id`, else `data_id`, else `<file name>:<row>`. */
  idField?: string | undefined;
  /** Token ids instead of text. */
  idsField?: string | undefined;
  /** Domain of rows of inputs that were given without one. */
  domainField?: string | undefined;
  /** Ids must be below it, when it is known. */
  vocabulary?: number | undefined;
}

/** Where a row stands. */
export interface RowPlace {
  /** The file as the user named it, and its name that is unique within the run. */
  path: string;
  name: string;
  domain?: string;
  /** 1-based. */
  row: number;
}

export type Row = Record<string, unknown>;

/** In place of text of which the bytes are not UTF-8; readers put it into rows. */
export const INVALID_UTF8 = Symbol('invalid UTF-8');

const TEXT_FIELDS = ['text', 'content'];
const ID_FIELDS = ['id', 'data_id'];

/** Top-level columns that rows must carry, from those that a file has. Undefined in `content`: the file has no text or ids at all. */
export function neededColumns(
  available: readonly string[],
  fields: FieldOptions,
  hasDomain: boolean,
): { columns: string[] } | { reason: string } {
  const top = (field: string): string => (available.includes(field) ? field : field.split('.')[0]!);
  const content = fields.idsField ? [fields.idsField] : fields.textField ? [fields.textField] : TEXT_FIELDS;
  const wanted = content.map(top).filter((name) => available.includes(name));
  if (wanted.length === 0) {
    return { reason: `no column ${content.map(quote).join(' or ')}; there are: ${available.map(quote).join(', ')}` };
  }
  const others = [
    ...(fields.idField ? [fields.idField] : ID_FIELDS),
    ...(hasDomain || !fields.domainField ? [] : [fields.domainField]),
  ];
  const columns = [wanted[0]!, ...others.map(top).filter((name) => available.includes(name))];
  return { columns: [...new Set(columns)] };
}

/** @returns a document, or why the row is refused */
export function rowToDocument(row: Row, place: RowPlace, fields: FieldOptions): Document | { reason: string } {
  const key = `${place.name}:${place.row}`;
  const docId = documentId(row, fields, key);
  if (typeof docId !== 'string') return docId;
  const domain = place.domain ?? textOf(row, [fields.domainField!]);
  if (typeof domain !== 'string') return domain;
  const base = { key, docId, domain, source: place.path, row: place.row };
  if (fields.idsField) {
    const ids = checkIds(pick(row, fields.idsField), fields.vocabulary);
    if (!ArrayBuffer.isView(ids)) return { reason: `${quote(fields.idsField)} ${ids.reason}` };
    return ids.length > 0 ? { ...base, ids } : { reason: `${quote(fields.idsField)} is empty` };
  }
  const text = textOf(row, fields.textField ? [fields.textField] : TEXT_FIELDS);
  return typeof text === 'string' ? { ...base, text } : text;
}

/** `row[field]`, or with dots the field of a field (`meta.source`). */
function pick(row: Row, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  let value: unknown = row;
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
    if (Array.isArray(value) || !hasField(value, name)) return undefined;
    value = (value as Row)[name];
  }
  return value;
}

/** Own fields only: `constructor` and its kin are no fields of a row. Arrow's struct rows keep theirs behind a proxy. */
function hasField(value: object, name: string): boolean {
  return Object.hasOwn(value, name) || Reflect.ownKeys(value).includes(name);
}

function textOf(row: Row, names: readonly string[]): string | { reason: string } {
  for (const name of names) {
    const value = pick(row, name);
    if (value === undefined || value === null) continue;
    if (value === INVALID_UTF8) return { reason: `${quote(name)} is not valid UTF-8` };
    if (typeof value !== 'string') return { reason: `${quote(name)} is ${nameOf(value)}, not text` };
    if (value === '') return { reason: `${quote(name)} is empty` };
    if (!isWellFormed(value)) {
      return {
        reason: `${quote(name)} has half of a surrogate pair (such as "\\ud800" alone), which UTF-8 cannot hold`,
      };
    }
    return value;
  }
  return { reason: `no field ${names.map(quote).join(' or ')}` };
}

function documentId(row: Row, fields: FieldOptions, key: string): string | { reason: string } {
  for (const name of fields.idField ? [fields.idField] : ID_FIELDS) {
    const value = pick(row, name);
    if (typeof value === 'bigint') return String(value);
    // Beyond 2^53 JSON numbers have been rounded: two ids could have become one.
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value === 'string' && value !== '' && isWellFormed(value)) return value;
    if (fields.idField) {
      const problem =
        value === undefined || value === null ? 'is missing' : 'is neither text nor a whole number below 2^53';
      return { reason: `${quote(name)} ${problem}` };
    }
  }
  return key;
}

function quote(name: string): string {
  return JSON.stringify(name);
}
