// gain: mean of -ln(1 - F_n), so that the tokens that live almost wholly on far context weigh most. Needs `--tokens`.
import { dataError } from '../../base/errors.js';
import type { AttentionScore } from '../score.js';

/** token_ds is float32: a far mass of 1 means 1 within this, and the logarithm must stay finite. */
const LARGEST_FAR_MASS = 1 - 2 ** -24;

export const gain: AttentionScore = {
  name: 'gain',
  formula: 'mean over tokens of -ln(1 - F_n), F_n the mean over all heads',
  source: 'longattn',
  ignoresK: true,
  ignoresHeads: true,
  reads: ['tokenDs'],
  components({ row }) {
    if (!row.tokenDs) {
      throw dataError(
        'TOKENS_NOT_STORED',
        'The score "gain" needs the far mass of each token. Score again with --tokens.',
      );
    }
    let total = 0;
    for (const far of row.tokenDs) total -= Math.log1p(-Math.min(far, LARGEST_FAR_MASS));
    return [total / row.tokenDs.length];
  },
  combine: ([column]) => column!.slice(),
};
