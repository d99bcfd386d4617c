// The null model of DS: what a head would have whose rows give every key that they see the same weight.

/**
 * DS of uniform causal attention: 1 - x + x ln x at x = k/L, within 1/(2L) of the sum over the L rows. 0.4034 at k = L/4.
 * @param k minimum distance, tokens
 * @param length L, tokens
 * @returns 0..1
 */
export function nullDs(k: number, length: number): number {
  const x = Math.min(1, k / length);
  return x === 0 ? 1 : 1 - x + x * Math.log(x);
}
