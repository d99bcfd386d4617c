// Algorithm 1 of the paper: where the windows of a document start.
//
// The order is the paper's (front, back, front, back, ..., inwards), not ascending. One point differs from the paper: a rest
// of exactly W tokens is one window here, where the paper drops it.

/**
 * Token offsets at which the windows of a document start.
 *
 * While the rest is longer than 3W: one window from each end. Then W < rest <= 2W: both ends (they overlap);
 * 2W < rest <= 3W: front, middle, back; rest = W: that one. Shorter documents have none.
 *
 * @param tokens length of the document, >= 0
 * @param window W, >= 1
 * @returns starts, all different, each with `start + window <= tokens`
 */
export function windowStarts(tokens: number, window: number): number[] {
  const starts: number[] = [];
  let left = 0;
  let right = tokens;
  while (right - left > 3 * window) {
    starts.push(left, right - window);
    left += window;
    right -= window;
  }
  const rest = right - left;
  if (rest < window) return starts;
  starts.push(left);
  if (rest > 2 * window) starts.push(left + Math.floor((rest - window) / 2));
  if (rest > window) starts.push(right - window);
  return starts;
}
