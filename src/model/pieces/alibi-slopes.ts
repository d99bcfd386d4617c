// Slopes of ALiBi biases: a geometric series over the heads, extended in two ways where the heads are no power of two.

/** bloom, falcon: the series for the largest power of two within, then every other slope of the series for twice as many. */
export function alibiSlopes(heads: number): number[] {
  const within = 2 ** Math.floor(Math.log2(heads));
  const series = (count: number) => Array.from({ length: count }, (_, head) => 2 ** ((-8 * (head + 1)) / count));
  const between = series(2 * within).filter((_, index) => index % 2 === 0);
  return [...series(within), ...between.slice(0, heads - within)];
}

/** mpt: the series for the next power of two, its odd entries first, cut to the heads. */
export function mptSlopes(heads: number, biasMax: number): number[] {
  const beyond = 2 ** Math.ceil(Math.log2(heads));
  const series = Array.from({ length: beyond }, (_, head) => 2 ** ((-biasMax * (head + 1)) / beyond));
  if (beyond === heads) return series;
  const odd = series.filter((_, index) => index % 2 === 1);
  const even = series.filter((_, index) => index % 2 === 0);
  return [...odd, ...even].slice(0, heads);
}

/** Nearest bfloat16 (ties to even): falcon rounds its slopes. */
export function toBfloat16(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer);
  const lowest = (bits[0]! >>> 16) & 1;
  bits[0] = ((bits[0]! + 0x7fff + lowest) & 0xffff0000) >>> 0;
  return new Float32Array(bits.buffer)[0]!;
}
