// First places of n-grams in a window: an exact open-addressing table (a hash chooses the slot, the tokens decide).

/** 32-bit FNV-1a over the n tokens that start at `at`, finished by a mixer so that low bits are usable. */
export function ngramHash(ids: Int32Array, at: number, n: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + n; i++) hash = Math.imul(hash ^ ids[i]!, 0x01000193) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Where each n-gram of a window was first seen.
 * @returns [L - n + 1]; entry t is the first start of the n-gram that starts at t (t itself when it is new)
 */
export function firstPlaces(ids: Int32Array, n: number): Int32Array {
  const count = Math.max(0, ids.length - n + 1);
  const out = new Int32Array(count);
  let size = 16;
  while (size < 2 * count) size *= 2;
  const slots = new Int32Array(size).fill(-1);
  for (let t = 0; t < count; t++) {
    let slot = ngramHash(ids, t, n) & (size - 1);
    while (slots[slot]! >= 0 && !same(ids, slots[slot]!, t, n)) slot = (slot + 1) & (size - 1);
    if (slots[slot]! < 0) slots[slot] = t;
    out[t] = slots[slot]!;
  }
  return out;
}

function same(ids: Int32Array, a: number, b: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (ids[a + i] !== ids[b + i]) return false;
  return true;
}
