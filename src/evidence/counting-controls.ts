// Which controls count: those of which the yardstick itself shows the direction. A control that the model's own loss does not tell
// apart (blocks shuffled), or sees the other way round (repetition), is no test of a score that stands for that loss.
import type { Interval } from './bootstrap.js';

/** Without losses there is no yardstick: the controls whose direction follows from how they are made, and no trap. */
const WITHOUT_YARDSTICK = ['splice', 'matched-gzip', 'matched-recurrence'];
/** Of the normal distribution, two-sided 95 %. */
const Z = 1.96;

export interface ControlVerdict {
  /** Whether a choice is judged by it. */
  counts: boolean;
  /** Share of pairs in which nll-gain shows the control's direction; null where it was not measured. */
  yardstick: (Interval & { pairs: number }) | null;
}

/**
 * @param above nll-gain of the side of each pair that must be higher; empty without losses
 * @param below nll-gain of the other side
 */
export function judgeControl(name: string, above: ArrayLike<number>, below: ArrayLike<number>): ControlVerdict {
  if (above.length === 0) return { counts: WITHOUT_YARDSTICK.includes(name), yardstick: null };
  let wins = 0;
  for (let i = 0; i < above.length; i++) wins += above[i]! > below[i]! ? 1 : above[i] === below[i] ? 0.5 : 0;
  const interval = wilson(wins, above.length);
  return { counts: interval.low > 0.5, yardstick: { ...interval, pairs: above.length } };
}

/** Interval of a share (Wilson, 1927): of eight pairs that all agree a bootstrap would say that the share is 1 and nothing else. */
export function wilson(wins: number, trials: number): Interval {
  const share = wins / trials;
  const scale = 1 + Z ** 2 / trials;
  const middle = (share + Z ** 2 / (2 * trials)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2));
  return { value: share, low: middle - half, high: middle + half };
}
