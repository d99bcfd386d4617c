// A scorer without a model: numbers that depend on the token ids, the layer and the head alone, and agree with each other as real
// statistics do (DS is the sum of the mass bins from k on, and so forth).
import type { NativeStats } from '../../src/native/binding.js';
import type { ScoreWindows } from '../../src/scoring/score-batch.js';
import { noise } from './rows.js';

export const HEADS = 3;

export interface FakeScorer {
  score: ScoreWindows;
  /** Windows that were scored, in all calls. */
  windows: number;
  calls: number;
}

/** @param onCall may throw, or wait, before a batch is scored */
export function fakeScorer(onCall: (call: number) => void | Promise<void> = () => undefined): FakeScorer {
  const fake: FakeScorer = {
    windows: 0,
    calls: 0,
    async score(request, signal) {
      await onCall(fake.calls++);
      signal?.throwIfAborted();
      fake.windows += request.lengths.length;
      const results: NativeStats[] = [];
      let at = 0;
      request.lengths.forEach((length, w) => {
        const ids = request.ids.subarray(at, (at += length));
        for (const layer of request.layers) results.push(fakeStats(ids, layer, request.k[w]!, request.tokens));
      });
      return results;
    },
  };
  return fake;
}

export function fakeStats(ids: Int32Array, layer: number, k: number, tokens = false): NativeStats {
  const length = ids.length;
  const seed = ids.reduce((sum, id, i) => (sum + id * (i + 1)) | 0, 0);
  let state = noise(seed, layer) * 2 ** 32;
  const draw = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const draws = (count: number, scale: number): Float64Array => new Float64Array(count).map(() => draw() * scale);
  const massBins = draws(HEADS * 32, 1 / 64);
  const sinkMassBins = draws(HEADS * 32, 1 / 64);
  const squareBins = draws(HEADS * 32, length / 1000);
  const sinkSquareBins = draws(HEADS * 32, length / 1000);
  const first = Array.from({ length: 33 }, (_, j) => j).find((j) => Math.floor((j * length) / 32) >= k) ?? 32;
  const tail = (values: Float64Array, head: number): number =>
    values.subarray(head * 32 + first, (head + 1) * 32).reduce((a, b) => a + b, 0);
  const ds = Float64Array.from({ length: HEADS }, (_, h) => tail(massBins, h) + tail(sinkMassBins, h));
  const variance = ds.map((mass, h) => {
    const entries = length * length;
    const sum = mass * length;
    return (tail(squareBins, h) + tail(sinkSquareBins, h) - (sum * sum) / entries) / (entries - 1);
  });
  return {
    ...{ layer, length, k, ds, variance, entropy: draws(HEADS, 5), farPeak: draws(HEADS, 1) },
    ...{ massBins, squareBins, sinkMassBins, sinkSquareBins },
    ...(tokens ? { tokenDs: Float32Array.from(draws(length, 1)) } : {}),
  };
}
