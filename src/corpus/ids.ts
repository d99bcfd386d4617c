// Token ids that a corpus brings ready made: checked, never changed.

/** Ids are int32 in windows, tables and the core. */
const MAX_ID = 2 ** 31 - 1;

/**
 * @param value an array, a typed array or an Arrow vector of numbers or bigints
 * @returns the ids, or why they are refused
 */
export function checkIds(value: unknown): Int32Array | { reason: string } {
  if (!isList(value)) return { reason: `is ${nameOf(value)}, not a list of token ids` };
  const ids = new Int32Array(value.length);
  let at = 0;
  for (const item of value) {
    const id = typeof item === 'bigint' ? Number(item) : item;
    if (typeof id !== 'number' || !Number.isInteger(id)) {
      return { reason: `has ${nameOf(item)} at ${at}, not a whole number` };
    }
    if (id < 0) return { reason: `has ${id} at ${at}: an id is not negative` };
    if (id > MAX_ID) return { reason: `has ${id} at ${at}: ids must be below 2^31` };
    ids[at++] = id;
  }
  return ids;
}

/** A value's kind, for messages. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : `the number ${value}`;
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isList(value: unknown): value is { length: number } & Iterable<unknown> {
  return typeof value === 'object' && value !== null && 'length' in value && Symbol.iterator in value;
}
