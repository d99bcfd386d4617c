// What a score costs: process CPU seconds a window, measured on a few windows and layers of this model on this machine.
//
// The cost of a layer grows with the layers below it by the same amount each, so that the ends are measured and the rest lies on
// the line between them. Layer 0 alone is a table lookup: it is always measured by itself.
import { attentionTerms, partsOf, resolveScore } from '../scores/resolve.js';
import type { ScoreWindows } from '../scoring/score-batch.js';

const WINDOWS = 2;

/** Process CPU seconds of `action`. */
export async function cpuSeconds(action: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** @returns CPU seconds a window when only this layer is scored, for every layer asked for (ascending) */
export async function layerCosts(
  windows: readonly Int32Array[],
  layers: readonly number[],
  k: number,
  score: ScoreWindows,
  signal?: AbortSignal,
): Promise<Map<number, number>> {
  const some = windows.slice(0, WINDOWS);
  const scoreOf =
    (layer: number, asked: readonly Int32Array[] = some) =>
    (): Promise<unknown> =>
      score(
        {
          ids: Int32Array.from(asked.flatMap((ids) => [...ids])),
          lengths: Int32Array.from(asked, (ids) => ids.length),
          k: new Int32Array(asked.length).fill(k),
          layers: Int32Array.of(layer),
          tokens: false,
        },
        signal,
      );
  await scoreOf(layers.at(-1)!, some.slice(0, 1))(); // weights are read from the disk once, and that is no part of the price
  const measured: [layer: number, seconds: number][] = [];
  for (const layer of ends(layers)) {
    measured.push([layer, (await cpuSeconds(scoreOf(layer))) / some.length]);
  }
  return new Map(layers.map((layer) => [layer, between(measured, layer)]));
}

/** The first takes another way where it is layer 0; from the second to the last the cost lies on a line. */
function ends(layers: readonly number[]): number[] {
  return [...new Set([layers[0]!, layers[1] ?? layers[0]!, layers.at(-1)!])];
}

/**
 * Of a blend that names its layers: the highest, below which all others are run, for each of the others its attention statistics,
 * which are what layer 0 costs, and the counts.
 * @param seconds CPU seconds a window of each layer alone and of each count @returns null where one was not measured
 */
export function blendCost(
  score: string,
  seconds: { layers: Record<number, number>; text: Record<string, number> },
): number | null {
  const resolved = resolveScore(score);
  const layers = [...new Set(attentionTerms(resolved).map(({ layer }) => layer!))].sort((a, b) => b - a);
  const counts = partsOf(resolved).flatMap(({ score: one }) => (one.kind === 'count' ? [one.score.name] : []));
  const parts = [
    ...layers.map((layer, at) => seconds.layers[at === 0 ? layer : 0]),
    ...[...new Set(counts)].map((name) => seconds.text[name]),
  ];
  return parts.includes(undefined) ? null : parts.reduce<number>((sum, part) => sum + part!, 0);
}

function between(measured: readonly [number, number][], layer: number): number {
  const right = measured.findIndex(([at]) => at >= layer);
  const [x1, y1] = measured[right]!;
  if (x1 === layer) return y1;
  const [x0, y0] = measured[right - 1]!;
  return y0 + ((y1 - y0) * (layer - x0)) / (x1 - x0);
}
