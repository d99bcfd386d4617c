// The one funnel: options of any command, checked against their table.
import { invalid, LongattnError } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { nearest } from '../base/nearest.js';
import type { Parsed, RawOptions, Rows } from './row.js';

/**
 * Check, default and normalise options; undefined is the same as not given.
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed; MISSING_OPTION
 */
export function parseRows<R extends Rows>(rows: R, raw: RawOptions): Parsed<R> {
  const given = currentNames(rows, raw);
  const parsed: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(rows)) {
    const value = given[name] ?? row.default;
    if (value === undefined) {
      if (!row.required) continue;
      throw new LongattnError('MISSING_OPTION', `${name} is missing. It must be ${row.allowed}.`);
    }
    const result = row.type.safeParse(value);
    if (!result.success) throw invalid(name, value, row.allowed);
    parsed[name] = result.data;
  }
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(rows, name));
  if (unknown.length > 0) {
    throw new LongattnError(
      'INVALID_OPTION',
      `Unknown option ${unknown.map((name) => meant(name, rows)).join(', ')}. Known: ${Object.keys(rows).join(', ')}.`,
    );
  }
  return parsed as Parsed<R>;
}

function meant(name: string, rows: Rows): string {
  const near = nearest(name, Object.keys(rows));
  return near === undefined ? name : `${name} (did you mean ${near}?)`;
}

/**
 * Options of two kinds in one object: those of `rows`, checked, and the rest as it is.
 * @throws LongattnError as parseRows does
 */
export function splitRows<R extends Rows, O extends object>(
  rows: R,
  options: O,
): [own: Parsed<R>, rest: Omit<O, keyof R>] {
  const of = (own: boolean): RawOptions =>
    Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(rows, name) === own));
  return [parseRows(rows, of(true)), of(false) as Omit<O, keyof R>];
}

/**
 * Options by the names of this version, without those that are undefined.
 * @param onProgress is warned of each old name
 * @throws LongattnError INVALID_OPTION where an option has both names
 */
export function currentNames(rows: Rows, raw: RawOptions, onProgress?: OnProgress): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  for (const [name, { formerly = [] }] of Object.entries(rows)) {
    for (const old of formerly) {
      if (!Object.hasOwn(given, old)) continue;
      if (Object.hasOwn(given, name)) throw twice(`${name} and its old name ${old}`);
      given[name] = given[old];
      delete given[old];
      const message = `${old} is called ${name} now; the old name goes with the next version.`;
      onProgress?.({ type: 'warning', code: 'OPTION_RENAMED', message });
    }
  }
  return given;
}

function twice(what: string): LongattnError {
  return new LongattnError('INVALID_OPTION', `${what} must not both be given. Give the first.`);
}
