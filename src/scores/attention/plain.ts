// Scores that are one mean over heads of a stored statistic.
import { plainScore } from '../score.js';

export const ds = plainScore(
  'ds',
  'mean over heads of DS',
  'LongAttn, arXiv 2502.16860',
  (view) => view.mean((head) => view.ds(head)),
  { reads: [] },
);

export const du = plainScore(
  'du',
  'minus the mean over heads of the variance',
  'LongAttn, arXiv 2502.16860',
  (view) => -view.mean((head) => view.variance(head)),
  { reads: [] },
);

export const content = plainScore(
  'content',
  'far mass without the sink (the first 4 keys)',
  'longattn',
  (view) => view.mean((head) => view.content(head)),
  { reads: ['massBins'] },
);

export const entropy = plainScore(
  'entropy',
  'mean over rows and heads of -sum M ln M',
  'longattn',
  (view) => view.mean((head) => view.row.entropy[head]!),
  { ignoresK: true, reads: ['entropy'] },
);

export const farPeak = plainScore(
  'far-peak',
  'mean over rows of the largest attention at the scored k or farther, without the sink',
  'longattn',
  (view) => view.mean((head) => view.row.farPeak[head]!),
  { ignoresK: true, reads: ['farPeak'] },
);
