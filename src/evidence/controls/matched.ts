// Splices that are matched with real windows on a count, so that the count itself cannot tell them apart. Without this a count wins
// by construction: a splice compresses worse than almost any real text.
import type { Window } from '../../base/records.js';
import { chooseDonors } from './donors.js';
import type { Control, ControlContext, MadeControls } from './control.js';
import { body, withPrefix } from './prefix.js';
import { splice } from './splice.js';

/** Splices tried a real window: their counts overlap with those of real text only in the tail. */
const CANDIDATES = 60;
/** Fewer donors repeat themselves more: splices of two and four documents reach the counts of real windows. */
const DONORS = [8, 4, 2];
/** A splice further from its real window than this share of the real windows' standard deviation is no match. */
const TOLERANCE = 0.25;

/** @param count name of a count score */
export function matchedOn(count: string): Control {
  const name = `matched-${count.replace(/-\d+$/, '')}`;
  return {
    name,
    higher: 'real',
    how: `a splice of 8, 4 or 2 documents whose ${count} is within ${TOLERANCE} standard deviations of the real window's`,
    make: (context) => match(name, count, context),
  };
}

function match(name: string, count: string, context: ControlContext): MadeControls {
  const { windows, domain } = context.sample;
  const values = windows.map(({ tokenIds }) => context.count(count, tokenIds));
  const largestGap = TOLERANCE * deviation(values);
  const made = windows.flatMap((real, index) => {
    const nearest = nearestSplice(name, count, context, real, values[index]!);
    return nearest && nearest.gap <= largestGap ? [{ real: index, tokenIds: nearest.ids }] : [];
  });
  const left = windows.length - made.length;
  const notes =
    left > 0 ? [`${domain}: ${left} of ${windows.length} windows left out, no splice comes near their ${count}`] : [];
  return { made, notes };
}

function nearestSplice(
  name: string,
  count: string,
  context: ControlContext,
  real: Window,
  value: number,
): { ids: Int32Array; gap: number } | undefined {
  const draw = context.random(`${name} ${real.windowId}`);
  let nearest: { ids: Int32Array; gap: number } | undefined;
  for (let i = 0; i < CANDIDATES; i++) {
    const donors = chooseDonors(context.sample, real, DONORS[i % DONORS.length]!, context.length, draw).windows;
    if (donors.length < 2) return undefined;
    const bodies = donors.map((donor) => body(donor, context.prefix));
    const ids = withPrefix(real, context.prefix, (size) => splice(bodies, size, draw));
    const gap = Math.abs(context.count(count, ids) - value);
    if (!nearest || gap < nearest.gap) nearest = { ids, gap };
  }
  return nearest;
}

function deviation(values: number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
