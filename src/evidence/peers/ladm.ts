// LADM's contextual dependency score (Chen et al., 2025, arXiv 2503.02502, equations 2 to 5), from the attention map of a window.
//
// The paper has windows of 32,768 tokens in 256 spans of 128. Here a window of any length has as many spans, so that m, n, n0 and the
// strides, which are numbers of spans, stay the same shares of it. The paper leaves open which layer and head its attention is of, and
// which standard deviation is meant: here it is the mean over the heads of one layer, and the deviation of the scores that are there.

/** The paper's settings (section 4.3), in spans. */
export const LADM = {
  spans: 256,
  /** m: spans at the beginning that nobody's attention to counts. */
  first: 1,
  /** n: spans before a span that its attention to does not count. */
  local: 4,
  /** d: every how many spans is looked at, and is looked back at. */
  stride: 4,
  /** n0: the first span that is looked at. */
  start: 16,
} as const;

/**
 * CDS = sum_j (j/N) AFS(j), AFS(j) = sigma_j sum_i ((j-i)/N) PFS(i,j), PFS(i,j) the attention that the tokens of span j pay to span i.
 * @param map [N x N] block means of the attention matrix, row-major: (j, i) is the mean over the rows of j and the keys of i
 * @param length tokens of the window; span j is [floor(j*L/N), floor((j+1)*L/N))
 * @param spans N
 * @returns at least 0; 0 for a window of so few spans that none is looked at
 */
export function ladm(map: ArrayLike<number>, length: number, spans: number): number {
  const { first, local, stride, start } = LADM;
  const size = (span: number): number =>
    Math.floor(((span + 1) * length) / spans) - Math.floor((span * length) / spans);
  let score = 0;
  for (let j = start; j < spans; j += stride) {
    const focus: number[] = [];
    let weighted = 0;
    for (let i = first; i < j - local; i += stride) {
      const paid = map[j * spans + i]! * size(j) * size(i);
      focus.push(paid);
      weighted += ((j - i) / spans) * paid;
    }
    score += (j / spans) * deviation(focus) * weighted;
  }
  return score;
}

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
