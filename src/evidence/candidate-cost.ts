// What a candidate costs, as an order: no model before layer 0 before layer 17, one score before a blend, all heads before some.
import { storedCount } from '../counts/stored-count.js';
import type { Candidate } from './candidate.js';

/** A step is worth more than all the steps below it together. */
const [LAYER, PASS, BLEND, HEADS] = [8, 4, 2, 1];

/** @param window W, in tokens @returns lower is cheaper and simpler */
export function candidateCost({ score, layer, heads, k = 0 }: Candidate, window: number): number {
  const parts = score.replace(/^blend:/, '').split('+');
  const counts = parts.filter((name) => layer === undefined || name !== parts[0]);
  const passes = counts.some((name) => storedCount(name.replace(/^.*\*/, ''), k, window) === undefined);
  return (
    (layer === undefined ? 0 : LAYER * (1 + layer)) +
    (passes ? PASS : 0) +
    (score.startsWith('blend:') ? BLEND : 0) +
    (Array.isArray(heads) ? HEADS : 0)
  );
}
