// law: LongAttn at several k, put together by rank, so that no single k decides.
import { binEdge } from '../../base/statistics.js';
import { ranks } from '../ranks.js';
import { LayerView } from '../layer-view.js';
import type { AttentionScore } from '../score.js';
import { longattn } from './longattn.js';

/** Eighth, quarter and half of the window: the edges 4, 8 and 16 of 32. */
const EDGES = [4, 8, 16];

export const law: AttentionScore = {
  name: 'law',
  formula: 'mean of the ranks of LDS at k = L/8, L/4, L/2, as a share of the domain',
  source: 'longattn',
  ignoresK: true,
  reads: ['massBins', 'squareBins', 'sinkMassBins', 'sinkSquareBins'],
  components({ row, heads }) {
    return EDGES.flatMap((edge) => longattn.components(new LayerView(row, heads, binEdge(row.length, edge))));
  },
  combine(columns, settings) {
    const total = new Float64Array(columns[0]!.length);
    for (let at = 0; at < columns.length; at += 2) {
      const rank = ranks(longattn.combine([columns[at]!, columns[at + 1]!], settings));
      rank.forEach((value, i) => (total[i]! += value / (total.length * EDGES.length)));
    }
    return total;
  },
};
