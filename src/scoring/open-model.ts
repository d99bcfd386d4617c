// A model for Node scripts: token ids in, statistics out, no run directory.
import { resolveModel } from '../hub/resolve-model.js';
import type { NativeStats } from '../native/binding.js';
import { deviceCount } from '../native/device.js';
import { Scorer } from '../native/scorer.js';
import type { Hooks } from '../base/events.js';
import { OPEN, type OpenOptions } from '../options/model-options.js';
import { currentNames, parseRows } from '../options/parse-rows.js';
import { modelOptions } from '../options/spec.js';
import { DEFAULT_DISTANCE, resolveDistance, type DistanceRule } from '../base/distance.js';
import { checkReach, openModelFolder } from '../model/open-model.js';

export interface ScoringModel extends AsyncDisposable {
  readonly vocabSize: number;
  readonly heads: number;
  readonly layers: readonly number[];
  /**
   * Statistics of each window and layer, in order. As many windows are in memory at a time as there are devices: one on the CPU.
   * @param windows token ids; lengths may differ
   * @param options `k` as in the CLI (default floor(L/4)), `tokens` for far masses a token
   * @throws LongattnError LAYER_CANNOT_SEE_FAR where an asked layer's sliding window is at most k; those of `Scorer.score`
   */
  score(
    windows: Iterable<Int32Array>,
    options?: { k?: DistanceRule; tokens?: boolean },
    hooks?: { signal?: AbortSignal },
  ): AsyncGenerator<NativeStats, void, undefined>;
}

/**
 * Open a folder, a model of the Hub (`org/name@revision`) or a fetched one.
 * @throws LongattnError INVALID_OPTION, those of the model, ADDON_MISSING, TORCH_MISSING, DEVICE_UNAVAILABLE; or the signal's reason
 */
export async function openModel(
  model: string,
  options: OpenOptions = {},
  { signal, onProgress }: Hooks = {},
): Promise<ScoringModel> {
  const { threads, device, ...asked } = parseRows(OPEN, currentNames(OPEN, { ...options }, onProgress));
  const devices = deviceCount(device);
  const { layers, configOverride } = asked;
  const { folder } = await resolveModel(model, { layers, configOverride }, { signal, onProgress });
  const description = await openModelFolder(folder, { layers, ...modelOptions(asked) });
  const scorer = await Scorer.open(description.specText, { threads, device }, onProgress, { signal });
  return {
    vocabSize: description.vocabSize,
    heads: description.heads,
    layers: description.layers,
    async *score(windows, { k = DEFAULT_DISTANCE, tokens = false } = {}, { signal } = {}) {
      for (const batch of batchesOf(windows, devices)) {
        const distances = batch.map((ids) => resolveDistance(k, ids.length));
        for (const distance of distances) checkReach(description, distance);
        const request = {
          ids: joined(batch),
          lengths: Int32Array.from(batch, (ids) => ids.length),
          k: Int32Array.from(distances),
          layers: Int32Array.from(description.layers),
          tokens,
        };
        yield* await scorer.score(request, { signal });
      }
    },
    [Symbol.asyncDispose]: () => scorer[Symbol.asyncDispose](),
  };
}

/** Up to `size` windows at a time. */
function* batchesOf(windows: Iterable<Int32Array>, size: number): Generator<Int32Array[], void, undefined> {
  let batch: Int32Array[] = [];
  for (const ids of windows) {
    batch.push(ids);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function joined(batch: Int32Array[]): Int32Array {
  const ids = new Int32Array(batch.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const window of batch) {
    ids.set(window, at);
    at += window.length;
  }
  return ids;
}
