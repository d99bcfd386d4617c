// The two losses of a window beside its statistics: what nll-gain is made of. Two more passes through the whole model.
import type { NativeScoreRequest } from '../native/binding.js';
import type { Scorer } from '../native/scorer.js';
import { meanLoss } from '../scoring/losses.js';
import type { ScoreWindows, WindowStats } from '../scoring/score-batch.js';

/**
 * A scorer whose rows have `loss` and `nearLoss`, means over the tokens 1 .. L-1 in nats, the same in each layer's row of a window.
 * @param scorer of a model that was opened with `loss: true`
 */
export function withLosses(scorer: Scorer): ScoreWindows {
  return async (request, signal) => {
    const stats = await scorer.score(request, { signal });
    const all = await meanLosses(scorer, request, new Int32Array(request.k.length), signal);
    const near = await meanLosses(scorer, request, request.k, signal);
    const layers = request.layers.length;
    return stats.map((row, i): WindowStats => {
      const window = Math.floor(i / layers);
      return { ...row, loss: all[window]!, nearLoss: near[window]! };
    });
  };
}

async function meanLosses(
  scorer: Scorer,
  { ids, lengths }: NativeScoreRequest,
  near: Int32Array,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const losses = await scorer.losses({ ids, lengths, near }, { signal });
  return losses.map(meanLoss);
}
