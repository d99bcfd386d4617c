// The losses of a window: the mean over its tokens, and whether it is a number.
import { dataError, show } from '../base/errors.js';

/** @param losses -ln p of the tokens 1 .. L-1, nats @returns their mean */
export function meanLoss(losses: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < losses.length; i++) total += losses[i]!;
  return total / losses.length;
}

/**
 * @param loss with all the context, nats
 * @param nearLoss with the near one only
 * @throws LongattnError LOSS_NOT_FINITE
 */
export function checkLosses(windowId: string, loss: number | undefined, nearLoss: number | undefined): void {
  if (Number.isFinite(loss) && Number.isFinite(nearLoss)) return;
  throw dataError(
    'LOSS_NOT_FINITE',
    `The loss of window ${show(windowId)} is ${loss} (${nearLoss} with the near context only). Check the checkpoint for NaN or infinite weights.`,
  );
}
