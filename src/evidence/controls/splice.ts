// Splice: a window made of pieces that do not belong together. Locally real text; nothing far is about the same thing.
import type { Random } from '../random.js';

/**
 * A control of the same length as its real window, made of `pieces` equal slices, each at the same offset of another donor.
 * @param donors token ids of the donors, each at least `length` long; the slices come from `pieces` of them in random order
 */
export function splice(donors: readonly Int32Array[], length: number, pieces: number, random: Random): Int32Array {
  if (donors.length < pieces) throw new RangeError(`splice needs ${pieces} donors, got ${donors.length}`);
  const chosen = random.shuffled(donors).slice(0, pieces);
  const out = new Int32Array(length);
  chosen.forEach((donor, piece) => {
    const [from, to] = [Math.floor((piece * length) / pieces), Math.floor(((piece + 1) * length) / pieces)];
    const start = random.below(donor.length - (to - from) + 1);
    out.set(donor.subarray(start, start + (to - from)), from);
  });
  return out;
}

/**
 * Splice of places of the same document, the hard control: topic and style stay, only continuity goes.
 * The document is cut into `pieces` equal stretches; one slice of each, in random order, so that no two overlap.
 * @param document token ids, at least as long as the window
 */
export function spliceWithin(document: Int32Array, length: number, pieces: number, random: Random): Int32Array {
  if (document.length < length)
    throw new RangeError(`a document of ${document.length} tokens is shorter than the window`);
  const stretches = random.shuffled(Array.from({ length: pieces }, (_, i) => i));
  const out = new Int32Array(length);
  stretches.forEach((stretch, piece) => {
    const [from, to] = [Math.floor((piece * length) / pieces), Math.floor(((piece + 1) * length) / pieces)];
    const first = Math.floor((stretch * document.length) / pieces);
    const last = Math.floor(((stretch + 1) * document.length) / pieces);
    const start = Math.max(
      0,
      Math.min(first + random.below(Math.max(1, last - first - (to - from) + 1)), document.length - (to - from)),
    );
    out.set(document.subarray(start, start + (to - from)), from);
  });
  return out;
}
