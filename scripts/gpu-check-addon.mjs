#!/usr/bin/env node
// The second step of scripts/gpu-check: the addon on a GPU beside the same addon on the CPU, on the bundled model. JSON
// lines; exit code 1 when a number differs by more than float32 allows. Needs dist/ and nothing from the network.
//
// Ids are drawn with a fixed seed: what is compared is two computations of the same windows, whatever they say.
import path from 'node:path';
import { root } from './lib/step.mjs';

const { openModel } = await import(path.join(root, 'dist', 'index.js'));

const LENGTHS = [257, 4096, 16384];
const TOLERANCES = {
  tiles: { ds: 2e-6, variance: 2e-5 },
  lse: { ds: 1e-3, variance: 1e-2 },
  fused: { ds: 1e-3, variance: 1e-2 },
};
const device = process.env.LONGATTN_TEST_DEVICE ?? 'cuda';
const kernel = process.env.LONGATTN_CUDA_KERNEL || 'tiles';

/** Ids below `vocab`, some of them often, as text has them. */
function windowOf(length, vocab) {
  let state = 12345;
  return Int32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) ** 3 * vocab);
  });
}

async function statistics(on, windows) {
  const model = await openModel(path.join(root, 'models', 'smollm2-135m-layer0'), { device: on });
  try {
    const ids = windows.map((length) => windowOf(length, model.vocabSize));
    const results = [];
    for (const window of [ids[0], ...ids]) {
      const start = performance.now();
      for await (const stats of model.score([window])) results.push({ stats, ms: performance.now() - start });
    }
    return results.slice(1); // the first one warms up
  } finally {
    await model[Symbol.asyncDispose]();
  }
}

const largest = (a, b, difference) => Math.max(...Array.from(a, (value, i) => difference(value, b[i])));

const [gpu, cpu] = [await statistics(device, LENGTHS), await statistics('cpu', LENGTHS)];
let passed = true;
gpu.forEach(({ stats, ms }, i) => {
  const ds = largest(stats.ds, cpu[i].stats.ds, (a, b) => Math.abs(a - b));
  const variance = largest(stats.variance, cpu[i].stats.variance, (a, b) => Math.abs(a / b - 1));
  const good = ds <= TOLERANCES[kernel].ds && variance <= TOLERANCES[kernel].variance;
  passed &&= good;
  console.log(JSON.stringify({ addon: kernel, length: LENGTHS[i], good, ds, variance, gpu_ms: ms, cpu_ms: cpu[i].ms }));
});
process.exitCode = passed ? 0 : 1;
