// Which windows may lend slices to the splice that is paired with a real window.
//
// The rule is one window each of other documents. A domain with too few documents (one book) falls back to places of the same
// document that lie apart, and says so.
import { documentOf } from '../../base/window-id.js';
import { type DomainSample } from '../sample.js';
import type { Random } from '../../base/random.js';
import type { Window } from '../../base/records.js';

export interface Donors {
  windows: Window[];
  /** Set when the rule could not be kept. */
  note?: string;
}

/**
 * @param wanted number of donors
 * @param length W: places of one document are taken 2W apart, start to start, from each other and from the real window
 * @returns as many as there are; at most `wanted`
 */
export function chooseDonors(
  sample: DomainSample,
  real: Window,
  wanted: number,
  length: number,
  random: Random,
): Donors {
  const own = documentOf(real.windowId);
  const others = sample.donors.filter((donor) => documentOf(donor.windowId) !== own);
  if (others.length >= wanted) return { windows: random.shuffled(others).slice(0, wanted) };
  for (const apart of [2, 1]) {
    const windows = placesApart(random.shuffled(sample.places), real, wanted, apart * length);
    if (windows.length >= wanted || apart === 1) {
      return {
        windows,
        note: `${sample.domain} has fewer than ${wanted + 1} documents with a window: slices come from windows at least ${apart === 2 ? '2W' : 'W'} apart, of whatever document`,
      };
    }
  }
  return { windows: [] };
}

function placesApart(places: Window[], real: Window, wanted: number, apart: number): Window[] {
  const taken: Window[] = [];
  const clash = (a: Window, b: Window): boolean =>
    documentOf(a.windowId) === documentOf(b.windowId) && Math.abs(a.tokenStart - b.tokenStart) < apart;
  for (const place of places) {
    if (taken.length === wanted) break;
    if (!clash(place, real) && !taken.some((other) => clash(place, other))) taken.push(place);
  }
  return taken;
}
