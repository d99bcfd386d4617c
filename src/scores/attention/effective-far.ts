// effective-far: over how many far tokens the attention of a row is spread (participation ratio), without the sink.
import { plainScore } from '../score.js';

export const effectiveFar = plainScore(
  'effective-far',
  '(sum F)^2 / (L * sum M^2), far, without the sink: effective far tokens a row',
  'longattn',
  (view) =>
    view.mean((head) => {
      const squares = view.contentSquares(head);
      return squares > 0 ? (view.content(head) ** 2 * view.row.length) / squares : 0;
    }),
  { reads: ['massBins', 'squareBins'] },
);
