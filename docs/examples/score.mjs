// Statistics of token ids without a run directory: open a model, score two windows, close it.   node docs/examples/score.mjs
import { openModel } from 'longattn';

const model = await openModel('models/smollm2-135m-layer0');
try {
  const windows = [1, 2].map((seed) => Int32Array.from({ length: 1000 }, (_, i) => (i * i * seed) % model.vocabSize));
  for await (const { ds, variance } of model.score(windows)) {
    console.log('DS a head', [...ds].map((value) => value.toFixed(4)).join(' '), 'variance', variance[0]);
  }
} finally {
  await model[Symbol.asyncDispose](); // or `await using model = ...` from Node.js 24 on
}
