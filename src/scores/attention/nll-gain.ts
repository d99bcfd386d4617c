// nll-gain: what the far context is worth to the model itself. Costs two passes through the whole model a window (`--losses`).
import { dataError } from '../../base/errors.js';
import { plainScore } from '../score.js';

export const nllGain = plainScore(
  'nll-gain',
  'mean loss with the last k tokens and the sink visible, minus the mean loss with all, nats a token',
  'longattn; LongFilter and ProLong are of this kind',
  ({ row: { loss, nearLoss } }) => {
    if (loss === undefined || nearLoss === undefined) {
      throw dataError('LOSSES_NOT_STORED', 'The score "nll-gain" needs the losses. Score again with --losses.');
    }
    return nearLoss - loss;
  },
  { ignoresK: true, ignoresHeads: true, reads: ['loss', 'nearLoss'] },
);
