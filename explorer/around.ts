// Far mass of a token over that of the tokens around it. Far mass itself grows with the place in the window, for there is more to look back
// at, and where a head rests on the first tokens it does not: beside its neighbours a token is compared with what its place allows.

/** Tokens on both sides together. */
export const AROUND_TOKENS = 512;

/**
 * @param far far mass of each token, 0..1 `[L]`
 * @param k minimum distance: the tokens before have nothing so far back, and count in no mean
 * @returns 1: as around it; 0 for the first k tokens, and where nothing around looks back `[L]`
 */
export function overAround(far: Float32Array, k: number): Float32Array {
  const sums = new Float64Array(far.length + 1);
  for (let i = 0; i < far.length; i++) sums[i + 1] = sums[i]! + far[i]!;
  return far.map((value, i) => {
    if (i < k) return 0;
    const [from, to] = [Math.max(k, i - AROUND_TOKENS / 2), Math.min(far.length, i + AROUND_TOKENS / 2 + 1)];
    const mean = (sums[to]! - sums[from]!) / (to - from);
    return mean > 0 ? value / mean : 0;
  });
}
