// Typed access to config.json: a wrong type is an error that names the file, the key and the value; null counts as absent.
//
// Hugging Face leaves keys out that equal the default of the model's configuration class, so a family states these defaults
// itself, beside the key; sizes have none.
import { readFile, stat } from 'node:fs/promises';
import { dataError, show, type LongattnError } from '../base/errors.js';
import { JsonError, parsePythonJson, parseStrictJson } from './strict-json.js';

/** Real ones have a few kB (a long list of layer types, rope factors). */
const MAX_CONFIG_BYTES = 10_000_000;
/** No size, length or count of any model comes near; products of two stay exact. */
const MAX_SIZE = 2 ** 28;

export class ConfigReader {
  /**
   * @param values the object of config.json, or one inside it
   * @param path how errors name it, e.g. `DIR/config.json`
   * @param reads filled with the dotted paths of the keys that are asked for
   * @param place dotted path of `values` in the file, with a point at its end
   */
  constructor(
    readonly values: Readonly<Record<string, unknown>>,
    readonly path: string,
    readonly reads?: Set<string>,
    readonly place = '',
  ) {}

  /** The same object with some keys replaced. */
  with(changes: Record<string, unknown>): ConfigReader {
    return new ConfigReader({ ...this.values, ...changes }, this.path, this.reads, this.place);
  }

  /** Null counts as absent. */
  has(key: string): boolean {
    return this.raw(key) !== null && this.isGiven(key);
  }

  /** Unlike `has`: null is given. */
  isGiven(key: string): boolean {
    this.reads?.add(this.place + key);
    return Object.hasOwn(this.values, key);
  }

  /** The value as it is; undefined where it is absent. */
  raw(key: string): unknown {
    return this.isGiven(key) ? this.values[key] : undefined;
  }

  /** A whole number from `min` to `max`. */
  int(key: string, fallback?: number, min = 1, max = MAX_SIZE): number {
    const value = this.get(key, fallback);
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      throw this.wrong(key, `a whole number from ${min} to ${max}`);
    }
    return value as number;
  }

  /** A whole number of at least 1, or 0 for null. Unlike elsewhere, null and an absent key differ: the latter gives `absent`. */
  intOrNone(key: string, absent: number): number {
    if (!this.isGiven(key)) return absent;
    return this.raw(key) === null ? 0 : this.int(key);
  }

  number(key: string, fallback?: number): number {
    const value = this.get(key, fallback);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(key, 'a number');
    return value;
  }

  /** A number above 0. */
  positive(key: string, fallback?: number): number {
    const value = this.number(key, fallback);
    if (value <= 0) throw this.wrong(key, 'a number above 0');
    return value;
  }

  bool(key: string, fallback?: boolean): boolean {
    const value = this.get(key, fallback);
    if (typeof value !== 'boolean') throw this.wrong(key, 'true or false');
    return value;
  }

  text(key: string, fallback?: string): string {
    const value = this.get(key, fallback);
    if (typeof value !== 'string') throw this.wrong(key, 'a string');
    return value;
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = this.text(key, fallback);
    if (!(allowed as readonly string[]).includes(value)) throw this.wrong(key, `one of ${allowed.join(', ')}`);
    return value as T;
  }

  list<T>(key: string, allowed: string, isItem: (item: unknown) => item is T): T[] {
    const value = this.get(key);
    if (!Array.isArray(value) || !value.every(isItem)) throw this.wrong(key, `a list of ${allowed}`);
    return value;
  }

  object(key: string): ConfigReader {
    const value = this.get(key);
    if (!isObject(value)) throw this.wrong(key, 'an object');
    return new ConfigReader(value, `${this.path}: ${key}`, this.reads, `${this.place}${key}.`);
  }

  /** Refuse values of a setting that are not implemented, instead of computing something else. Absent is fine. */
  only(key: string, ...allowed: readonly (string | number | boolean)[]): void {
    if (this.has(key) && !allowed.includes(this.values[key] as string)) {
      throw this.wrong(key, `${allowed.map(show).join(' or ') || 'null'}: nothing else is supported`);
    }
  }

  wrong(key: string, allowed: string): LongattnError {
    const value = this.values[key];
    const what = value === undefined ? 'is missing' : `must not be ${show(value)}`;
    return dataError('CONFIG_INVALID', `${this.path}: ${key} ${what}. It must be ${allowed}.`);
  }

  private get(key: string, fallback?: unknown): unknown {
    if (this.has(key)) return this.values[key];
    if (fallback === undefined) throw dataError('CONFIG_INVALID', `${this.path}: ${key} is missing.`);
    return fallback;
  }
}

/** Read and parse DIR/config.json, as Python does. */
export async function readConfig(path: string): Promise<ConfigReader> {
  return new ConfigReader(await readJsonObject(path, MAX_CONFIG_BYTES, parsePythonJson), path, new Set());
}

/**
 * Read a JSON file whose root is an object.
 * @param parse throws JsonError
 * @throws LongattnError MODEL_FILE_UNREADABLE, CONFIG_INVALID
 */
export async function readJsonObject(
  path: string,
  maxBytes: number,
  parse: (text: string) => unknown = parseStrictJson,
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxBytes)
      throw dataError('CONFIG_INVALID', `${path} has ${size} bytes, and at most ${maxBytes} are allowed.`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw dataError('CONFIG_INVALID', `${path} is not valid UTF-8.`, error);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw dataError('MODEL_FILE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`, error);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof JsonError) throw dataError('CONFIG_INVALID', `${path} is ${error.message}.`, error);
    throw error;
  }
  if (!isObject(value)) throw dataError('CONFIG_INVALID', `${path} must hold a JSON object, not ${show(value)}.`);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
