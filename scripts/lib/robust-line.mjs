// A line through values that a few steps and peaks do not bend: Theil's slope with Sen's interval (Sen 1968, section 3).
const TWO_SIDED_95 = 1.959964;

/**
 * @param values at 0, 1, 2 ...; ten or more
 * @returns the median of the slopes of all pairs, a step of 1; its interval of 95 %, which takes the values around the line for independent
 */
export function robustLine(values) {
  const n = values.length;
  const slopes = values.flatMap((value, i) => values.slice(i + 1).map((later, j) => (later - value) / (j + 1)));
  slopes.sort((a, b) => a - b);
  const at = (rank) => slopes[Math.min(slopes.length - 1, Math.max(0, rank))];
  const half = (TWO_SIDED_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const middle = slopes.length / 2;
  return {
    slope: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    low: at(Math.round(middle - half) - 1),
    high: at(Math.round(middle + half)),
  };
}
