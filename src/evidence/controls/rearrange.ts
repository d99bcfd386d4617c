// Controls made by moving a window's own tokens: what was near is now far, or what is far is only a copy.
import type { Random } from '../../base/random.js';

/** Blocks of the window in another order (never the order they came in): what depended on the block before is now far away. */
export function blockShuffle(ids: Int32Array, block: number, random: Random): Int32Array {
  const blocks = Math.ceil(ids.length / block);
  if (blocks < 2) throw new RangeError(`a window of ${ids.length} tokens has fewer than two blocks of ${block}`);
  const identity = Array.from({ length: blocks }, (_, i) => i);
  let order = random.shuffled(identity);
  while (order.every((from, to) => from === to)) order = random.shuffled(identity);
  const out = new Int32Array(ids.length);
  let at = 0;
  for (const from of order) {
    const piece = ids.subarray(from * block, Math.min((from + 1) * block, ids.length));
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** One passage of the window over and over: a trap for counts and for gzip, which see nothing but recurrence. */
export function repetition(ids: Int32Array, passage: number, random: Random): Int32Array {
  const size = Math.min(passage, ids.length);
  const start = random.below(ids.length - size + 1);
  return Int32Array.from(ids, (_, i) => ids[start + (i % size)]!);
}
