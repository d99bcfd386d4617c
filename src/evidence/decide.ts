// The choice among candidates: first by lift, then by the worst of the controls that count; of those that a paired bootstrap cannot
// part, the cheapest and simplest. A mean over controls would let a trap weigh as much as the rest. No candidate is asked here to be off
// chance by itself: an equal of the best may touch it, and whether the choice says anything is for the windows that it has not seen.
import { difference, intervalOf, type Draws } from './resample.js';

/** A candidate with its numbers on the windows that the choice is made from. */
export interface Judged<Candidate> {
  candidate: Candidate;
  /** Lower is cheaper and simpler. */
  cost: number;
  /** Kept minus all, nats a token; undefined without losses. */
  lift?: Draws | undefined;
  /** The smallest AUC over the controls that count; undefined where none does. */
  worst?: Draws | undefined;
}

/** @returns undefined without candidates */
export function decide<Candidate>(judged: readonly Judged<Candidate>[]): Judged<Candidate> | undefined {
  const lifted = equals(judged, ({ lift }) => lift);
  const told = equals(lifted, ({ worst }) => worst);
  return cheapest(told);
}

/**
 * Whether a choice says anything: on windows that it was not made from, the interval of its lift lies above 0, or, without losses, that
 * of its worst control above 0.5.
 */
export function tells({ lift, worst }: Pick<Judged<unknown>, 'lift' | 'worst'>): boolean {
  if (lift) return intervalOf(lift).low > 0;
  return worst !== undefined && intervalOf(worst).low > 0.5;
}

/** The one with the highest number, and those that it does not beat on the same resamples. */
function equals<C>(judged: readonly Judged<C>[], of: (one: Judged<C>) => Draws | undefined): readonly Judged<C>[] {
  const numbered = judged.filter((one) => of(one) !== undefined);
  if (numbered.length === 0) return judged;
  const best = numbered.reduce((a, b) => (of(b)!.value > of(a)!.value ? b : a));
  return numbered.filter((one) => one === best || difference(of(best)!, of(one)!).low <= 0);
}

/** Of equal cost the one with the highest lift, then the highest worst control; then the first. */
function cheapest<C>(judged: readonly Judged<C>[]): Judged<C> | undefined {
  const value = (draws: Draws | undefined): number => draws?.value ?? -Infinity;
  return [...judged].sort(
    (a, b) => a.cost - b.cost || value(b.lift) - value(a.lift) || value(b.worst) - value(a.worst) || 0,
  )[0];
}
