// A model for Node scripts: token ids in, statistics out, no run directory.
import { resolveModel } from '../hub/resolve-model.js';
import type { NativeStats } from '../native/binding.js';
import { requireDevice } from '../native/device.js';
import { Scorer } from '../native/scorer.js';
import { resolveDistance, type DistanceRule } from '../stages/distance.js';
import { checkReach, openModelFolder, type OpenModelOptions } from './open-model.js';

export interface ScoringModel extends AsyncDisposable {
  readonly vocabSize: number;
  readonly heads: number;
  readonly layers: readonly number[];
  /**
   * Statistics of each window and layer, in order. One window is in memory at a time.
   * @param windows token ids; lengths may differ
   * @param options `k` as in the CLI (default floor(L/4)), `tokens` for far masses a token
   * @throws LongattnError LAYER_CANNOT_SEE_FAR where an asked layer's sliding window is at most k; those of `Scorer.score`
   */
  score(
    windows: Iterable<Int32Array>,
    options?: { k?: DistanceRule; tokens?: boolean; signal?: AbortSignal },
  ): AsyncGenerator<NativeStats, void, undefined>;
}

/**
 * Open a folder, a model of the Hub (`org/name@revision`) or a fetched one.
 * @param options `threads` (0, the default: all cores), `device` (`cpu`, or `cuda`, `cuda:1`, `cuda:all` in a CUDA build)
 * @throws LongattnError of the model, ADDON_MISSING, DEVICE_UNAVAILABLE
 */
export async function openModel(
  model: string,
  options: OpenModelOptions & { threads?: number; device?: string } = {},
): Promise<ScoringModel> {
  const { threads = 0, device = 'cpu', ...asked } = options;
  requireDevice(device);
  const { folder } = await resolveModel(model, asked.layers ? { layers: asked.layers } : {});
  const description = await openModelFolder(folder, asked);
  const scorer = await Scorer.open(description.specText, { threads, device });
  return {
    vocabSize: description.vocabSize,
    heads: description.heads,
    layers: description.layers,
    async *score(windows, { k = 'quarter', tokens = false, signal } = {}) {
      for (const ids of windows) {
        const distance = resolveDistance(k, ids.length);
        checkReach(description, distance);
        const request = {
          ids,
          lengths: Int32Array.of(ids.length),
          k: Int32Array.of(distance),
          layers: Int32Array.from(description.layers),
          tokens,
        };
        yield* await scorer.score(request, { signal });
      }
    },
    [Symbol.asyncDispose]: () => scorer[Symbol.asyncDispose](),
  };
}
