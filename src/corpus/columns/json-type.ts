// The type of a JSON value over all rows, and its cells: JSON says no types, so they are those that the values have.
//
// Numbers are int64 where all are whole, else float64; what has values of several kinds, and objects with more names than anybody would
// give to fields, are the text of their JSON. A whole number beyond 2^53 is refused: JSON.parse has rounded it, and nobody would see.
import { Bool, Field, Float64, Int64, List, Null, Struct, Utf8, type DataType } from 'apache-arrow';
import type { Value } from '../../arrow/values.js';

const MAX_FIELDS = 256;
const MAX_DEPTH = 32;
/** Of an integer of 64 bits. What is larger is a number of physics, not an id. */
const INTEGERS_END = 2 ** 64;

type Kind = 'bool' | 'int' | 'float' | 'text' | 'list' | 'object';

const encoder = new TextEncoder();
const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** What is known of the values at one place: added one after the other. */
export class JsonShape {
  readonly #kinds = new Set<Kind>();
  #items: JsonShape | undefined;
  readonly #fields = new Map<string, JsonShape>();
  #isText = false;
  /** A whole number that JSON.parse has rounded. */
  #rounded: number | undefined;

  constructor(readonly depth = 0) {}

  add(value: unknown): void {
    if (value === null || value === undefined) return;
    const kind = kindOf(value);
    this.#kinds.add(kind);
    if (kind === 'float' && isRounded(value as number)) this.#rounded = value as number;
    if (kind !== 'list' && kind !== 'object') return;
    if (this.depth === MAX_DEPTH || this.#fields.size > MAX_FIELDS) this.#isText = true;
    if (this.#isText) return;
    if (kind === 'list') {
      this.#items ??= new JsonShape(this.depth + 1);
      for (const item of value as unknown[]) this.#items.add(item);
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      if (!this.#fields.has(name)) this.#fields.set(name, new JsonShape(this.depth + 1));
      this.#fields.get(name)!.add(inner);
    }
  }

  /** @throws Error with the reason, where a number was rounded */
  resolve(): JsonType {
    const [only, ...others] = this.#kinds;
    const numeric = [...this.#kinds].every((kind) => kind === 'int' || kind === 'float');
    if (this.#rounded !== undefined)
      throw new Error(
        `a number near ${this.#rounded} is whole and beyond 2^53, so reading JSON rounds it: write it as text`,
      );
    if (only === undefined) return { type: new Null(), value: () => null };
    if (others.length > 0 && numeric) return FLOAT;
    if (others.length > 0 || this.#isText || this.#fields.size > MAX_FIELDS) return JSON_TEXT;
    switch (only) {
      case 'bool':
        return BOOL;
      case 'int':
        return INT;
      case 'float':
        return FLOAT;
      case 'text':
        return TEXT;
      case 'list':
        return listOf(withText(this.#items!.resolve()));
      case 'object':
        return this.#fields.size === 0 ? JSON_TEXT : structOf(this.#fields);
    }
  }
}

/** An Arrow type and the cells that JSON values have in it. */
export interface JsonType {
  type: DataType;
  /** Of a value that is not null. */
  value: (json: unknown) => Value;
}

export const cellOf = ({ value }: JsonType, json: unknown): Value =>
  json === null || json === undefined ? null : value(json);

const BOOL: JsonType = { type: new Bool(), value: (json) => json as boolean };
const INT: JsonType = {
  type: new Int64(),
  value: (json) => new Uint8Array(BigInt64Array.of(BigInt(json as number)).buffer),
};
const FLOAT: JsonType = {
  type: new Float64(),
  value: (json) => new Uint8Array(Float64Array.of(json as number).buffer),
};
const TEXT: JsonType = { type: new Utf8(), value: (json) => utf8(json as string) };
const JSON_TEXT: JsonType = { type: new Utf8(), value: (json) => utf8(JSON.stringify(json)) };

/** Lists whose items are all null have items of some type. */
function withText(item: JsonType): JsonType {
  return item.type instanceof Null ? TEXT : item;
}

function listOf(item: JsonType): JsonType {
  return {
    type: new List(new Field('item', item.type, true)),
    value: (json) => (json as unknown[]).map((inner) => cellOf(item, inner)),
  };
}

function structOf(shapes: ReadonlyMap<string, JsonShape>): JsonType {
  const fields = [...shapes].map(([name, shape]) => ({ name, inner: withText(shape.resolve()) }));
  const own = (json: object, name: string): unknown =>
    Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : null;
  return {
    type: new Struct(fields.map(({ name, inner }) => new Field(name, inner.type, true))),
    value: (json) => fields.map(({ name, inner }) => cellOf(inner, own(json as object, name))),
  };
}

function kindOf(value: unknown): Kind {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'int' : 'float';
  return Array.isArray(value) ? 'list' : 'object';
}

function isRounded(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < INTEGERS_END;
}
