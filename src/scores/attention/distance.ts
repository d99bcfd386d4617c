// distance: how far back attention reaches on average, without the sink, in tokens. Every key counts as the middle of its bin.
import { binEdge, BINS } from '../../base/statistics.js';
import { plainScore } from '../score.js';

export const distance = plainScore(
  'distance',
  'sum(M * distance) / sum(M) over the bins, without the sink',
  'longattn',
  (view) =>
    view.mean((head) => {
      const { length, massBins } = view.row;
      let [weighted, mass] = [0, 0];
      for (let bin = 0; bin < BINS; bin++) {
        const inBin = massBins[head * BINS + bin]!;
        const first = binEdge(length, bin);
        weighted += (inBin * (first + Math.max(first, binEdge(length, bin + 1) - 1))) / 2;
        mass += inBin;
      }
      return mass > 0 ? weighted / mass : 0;
    }),
  { ignoresK: true, reads: ['massBins'] },
);
