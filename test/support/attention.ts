// Materialised causal attention for tests, and the statistics of docs/definitions.md by their definitions.
import type { LayerStatistics } from '../../src/scores/layer-view.js';

export const edge = (length: number, bin: number): number => Math.floor((bin * length) / 32);

/** Rows of a random causal softmax: row n has n+1 entries that add up to 1. */
export function randomAttention(length: number, seed: number): number[][] {
  let state = seed;
  const { imul, exp } = Math; // looked up once: globals of jest's context are slow
  const next = (): number => (state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return Array.from({ length }, (_, n) => {
    const row = Array.from({ length: n + 1 }, () => exp(6 * next()));
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((x) => x / total);
  });
}

const known = new Map<number, number[]>();

/** The bin of each distance 0 .. L - 1: the last whose edge is not above it. */
function binsByDistance(length: number): number[] {
  const found = known.get(length);
  if (found) return found;
  const bins = Array.from({ length }, (_, distance) => {
    let bin = 0;
    while (edge(length, bin + 1) <= distance) bin++;
    return bin;
  });
  known.set(length, bins);
  return bins;
}

export function statisticsOf(heads: number[][][], k: number, tokens = true): LayerStatistics {
  const length = heads[0]!.length;
  const row = { length, k } as LayerStatistics;
  for (const name of ['ds', 'variance', 'entropy', 'farPeak'] as const) row[name] = new Float64Array(heads.length);
  for (const name of ['massBins', 'squareBins', 'sinkMassBins', 'sinkSquareBins'] as const)
    row[name] = new Float64Array(heads.length * 32);
  const tokenDs = new Float64Array(length);
  const binOf = binsByDistance(length);
  heads.forEach((matrix, h) => {
    let [mass, squares] = [0, 0];
    matrix.forEach((attention, n) => {
      let peak = 0;
      attention.forEach((m, i) => {
        const bin = binOf[n - i]!;
        const [massBins, squareBins] = i < 4 ? [row.sinkMassBins, row.sinkSquareBins] : [row.massBins, row.squareBins];
        massBins[h * 32 + bin]! += m / length;
        squareBins[h * 32 + bin]! += m * m;
        row.entropy[h]! -= (m * Math.log(m)) / length;
        if (n - i < k) return;
        mass += m;
        squares += m * m;
        tokenDs[n]! += m / heads.length;
        if (i >= 4) peak = Math.max(peak, m);
      });
      row.farPeak[h]! += peak / length;
    });
    row.ds[h] = mass / length;
    row.variance[h] = (squares - (mass * mass) / length ** 2) / (length ** 2 - 1);
  });
  return tokens ? { ...row, tokenDs: Float32Array.from(tokenDs) } : row;
}
