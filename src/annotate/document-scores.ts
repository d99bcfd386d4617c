// Numbers of windows to numbers of their document.
export interface Aggregates {
  mean: number;
  max: number;
  min: number;
}

/** @param end exclusive, above `start` */
export function aggregate(values: ArrayLike<number>, start: number, end: number): Aggregates {
  let [sum, max, min] = [0, -Infinity, Infinity];
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    sum += value;
    if (value > max) max = value;
    if (value < min) min = value;
  }
  return { mean: sum / (end - start), max, min };
}
