// Names of n-grams: equal numbers exactly where the n-grams are equal, by doubling (Karp, Miller and Rosenberg, 1972).
//
// A 2m-gram is the pair of the names of its two halves, so that nothing is hashed away and no n-gram is ever compared token by token:
// O(L log n) whatever the text, where a window of one repeated token makes a suffix tree or a verified rolling hash work hardest.

/**
 * @param ids [L]
 * @param n length of the n-grams, >= 1
 * @returns [max(0, L - n + 1)]; entry t is the name of the n-gram that starts at t: 0, 1, ... in the order of their first places
 */
export function ngramNames(ids: Int32Array, n: number): Int32Array {
  let names = namePairs(ids, ids, 0, ids.length);
  let width = 1;
  while (2 * width <= n) {
    names = namePairs(names, names, width, Math.max(0, ids.length - 2 * width + 1));
    width *= 2;
  }
  // What is left is less than a doubling: the first and the last `width` tokens of the n-gram overlap, and still decide it.
  return width === n ? names : namePairs(names, names, n - width, Math.max(0, ids.length - n + 1));
}

/** Names of the pairs (left[t], right[t + shift]), t < count; all values are int32. */
function namePairs(left: Int32Array, right: Int32Array, shift: number, count: number): Int32Array {
  const out = new Int32Array(count);
  let size = 16;
  while (size < 2 * count) size *= 2;
  /** Place of the first pair with the name that a slot stands for, -1 where it is empty. */
  const slots = new Int32Array(size).fill(-1);
  let names = 0;
  for (let t = 0; t < count; t++) {
    const [a, b] = [left[t]!, right[t + shift]!];
    let slot = mix(a, b) & (size - 1);
    for (;;) {
      const first = slots[slot]!;
      if (first < 0) {
        slots[slot] = t;
        out[t] = names++;
        break;
      }
      if (left[first] === a && right[first + shift] === b) {
        out[t] = out[first]!;
        break;
      }
      slot = (slot + 1) & (size - 1);
    }
  }
  return out;
}

/** It only chooses the slot: the pair itself decides. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
