// A row of any format (a JSON object, a Parquet or Arrow row) to a document, or the reason why not.
//
// Default fields are tried leniently (`text`, else the paper's `content`; `id`, else `data_id`, else the row's place). A field that the
// user named is taken at its word: a row without it is refused.
import type { Document } from '../base/records.js';
import { checkIds, isList, nameOf } from './ids.js';
import { isWellFormed } from './utf8.js';

export interface FieldOptions {
  /** Default: `text`, else `content`. */
  textField?: string | undefined;
  /** Default: `id`, else `data_id`, else `<file name>:<row>`. */
  idField?: string | undefined;
  /** Token ids instead of text. Default: none; `input_ids` where there is no field for text. */
  idsField?: string | undefined;
  /** Domain of rows of inputs that were given without one. */
  domainField?: string | undefined;
  /** Between the strings of a text that is a list of them. Default a blank line. */
  join?: string | undefined;
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

export type InputRow = Record<string, unknown>;

/** In place of text of which the bytes are not UTF-8; readers put it into rows. */
export const INVALID_UTF8 = Symbol('invalid UTF-8');

const PAGE_BREAK = '\n\n';
const TEXT_FIELDS = ['text', 'content'];
const ID_FIELDS = ['id', 'data_id'];
/** What tokenised data sets name their ids; taken only where there is no field for text at all, so that text is never passed over. */
const FOUND_IDS = 'input_ids';

/** Top-level columns that rows must carry, from those that a file has. Undefined in `content`: the file has no text or ids at all. */
export function neededColumns(
  available: readonly string[],
  fields: FieldOptions,
  hasDomain: boolean,
): { columns: string[] } | { reason: string } {
  const top = (field: string): string => (available.includes(field) ? field : field.split('.')[0]!);
  const content = fields.idsField ? [fields.idsField] : fields.textField ? [fields.textField] : TEXT_FIELDS;
  const wanted = content.map(top).filter((name) => available.includes(name));
  if (wanted.length === 0 && content === TEXT_FIELDS && available.includes(FOUND_IDS)) wanted.push(FOUND_IDS);
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
export function rowToDocument(row: InputRow, place: RowPlace, fields: FieldOptions): Document | { reason: string } {
  const key = `${place.name}:${place.row}`;
  const docId = documentId(row, fields, key);
  if (typeof docId !== 'string') return docId;
  const domain = domainOf(row, place, fields);
  if (typeof domain !== 'string') return domain;
  const base = { key, docId, domain, source: place.path, row: place.row };
  if (fields.idsField) {
    const ids = checkIds(pick(row, fields.idsField));
    if (!ArrayBuffer.isView(ids)) return { reason: `${quote(fields.idsField)} ${ids.reason}` };
    return ids.length > 0 ? { ...base, ids } : { reason: `${quote(fields.idsField)} is empty` };
  }
  if (!fields.textField && hasFoundIds(row)) {
    const ids = checkIds(row[FOUND_IDS]);
    if (!ArrayBuffer.isView(ids)) return { reason: `${quote(FOUND_IDS)} ${ids.reason}` };
    return ids.length > 0 ? { ...base, ids, idsFound: true } : { reason: `${quote(FOUND_IDS)} is empty` };
  }
  const text = textOf(row, fields.textField ? [fields.textField] : TEXT_FIELDS, fields.join);
  return typeof text === 'string' ? { ...base, text } : text;
}

function hasFoundIds(row: InputRow): boolean {
  return Object.hasOwn(row, FOUND_IDS) && !TEXT_FIELDS.some((name) => Object.hasOwn(row, name));
}

/**
 * The domain that a file was given for, else the field of the row: text or a whole number; else what the path says, as Hive and Spark
 * write it (`source=wiki/`).
 */
export function domainOf(
  row: InputRow,
  { domain, path }: Pick<RowPlace, 'domain' | 'path'>,
  { domainField }: FieldOptions,
): string | { reason: string } {
  if (domain !== undefined || domainField === undefined) return domain ?? { reason: 'no domain' };
  const value = pick(row, domainField);
  if (value === undefined || value === null) return partitionOf(path, domainField) ?? textOf(row, [domainField]);
  return wholeNumber(value) ?? textOf(row, [domainField]);
}

/** `value` of a folder `key=value` of the path; the innermost, where there are several. */
export function partitionOf(path: string, key: string): string | undefined {
  const folders = path.split(/[/\\]/).slice(0, -1);
  const folder = folders.findLast((name) => name.startsWith(`${key}=`) && name.length > key.length + 1);
  const value = folder?.slice(key.length + 1);
  try {
    return value && decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Beyond 2^53 JSON numbers have been rounded: two could have become one. */
function wholeNumber(value: unknown): string | undefined {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    ? String(value)
    : undefined;
}

/** `row[field]`, or with dots the field of a field (`meta.source`). */
function pick(row: InputRow, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  let value: unknown = row;
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
    if (Array.isArray(value) || !hasField(value, name)) return undefined;
    value = (value as InputRow)[name];
  }
  return value;
}

/** Own fields only: `constructor` and its kin are no fields of a row. Arrow's struct rows keep theirs behind a proxy. */
function hasField(value: object, name: string): boolean {
  return Object.hasOwn(value, name) || Reflect.ownKeys(value).includes(name);
}

function textOf(row: InputRow, names: readonly string[], join = PAGE_BREAK): string | { reason: string } {
  for (const name of names) {
    const found = pick(row, name);
    if (found === undefined || found === null) continue;
    const value = isList(found) ? joined(found, join) : found;
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

/** Such as the pages of a PDF. The item itself where one is not text. */
function joined(items: Iterable<unknown>, join: string): unknown {
  const texts: string[] = [];
  for (const item of items) {
    if (item === INVALID_UTF8) return item;
    // The kind of list that it is says what was wrong.
    if (typeof item !== 'string') return items;
    texts.push(item);
  }
  return texts.join(join);
}

function documentId(row: InputRow, fields: FieldOptions, key: string): string | { reason: string } {
  for (const name of fields.idField ? [fields.idField] : ID_FIELDS) {
    const value = pick(row, name);
    const number = wholeNumber(value);
    if (number !== undefined) return number;
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
