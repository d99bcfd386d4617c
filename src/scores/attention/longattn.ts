// longattn: the paper's LDS, and the same with the authors' min-max scaling.
import type { AttentionScore } from '../score.js';
import { standardize, type Standard } from '../standardize.js';

function lds(name: string, source: string, fixed?: Standard): AttentionScore {
  return {
    name,
    formula: `Std(DS) + alpha * Std(DU)${fixed ? `, Std = ${fixed}` : ''}`,
    source,
    reads: [],
    components: (view) => [view.mean((head) => view.ds(head)), -view.mean((head) => view.variance(head))],
    combine([ds, du], { alpha, std }) {
      const strength = standardize(ds!, fixed ?? std);
      const uniformity = standardize(du!, fixed ?? std);
      for (let i = 0; i < strength.length; i++) strength[i]! += alpha * uniformity[i]!;
      return strength;
    },
  };
}

export const longattn = lds('longattn', 'LongAttn, arXiv 2502.16860');
export const longattnMinmax = lds('longattn-minmax', "LongAttn, the authors' code", 'minmax');
