// Splice: a window made of pieces that do not belong together. Locally real text; nothing far is about the same thing.
import type { Random } from '../../base/random.js';

/**
 * A window of `length` tokens made of equal slices, one of each donor, from a random place of it, in random order.
 * @param donors token ids, at least two, each at least `length` long
 */
export function splice(donors: readonly Int32Array[], length: number, random: Random): Int32Array {
  if (donors.length < 2) throw new RangeError(`a splice needs at least 2 donors, got ${donors.length}`);
  return joinSlices(length, donors.length, random.shuffled(donors), (donor, size) =>
    random.below(donor.length - size + 1),
  );
}

/**
 * Splice of places of the same document, the hard control: topic and style stay, only continuity goes.
 * The document is cut into `pieces` equal stretches; one slice of each, in random order, so that no two overlap (but for the token at a cut).
 * @param document token ids, at least as long as the window
 */
export function spliceWithin(document: Int32Array, length: number, pieces: number, random: Random): Int32Array {
  if (document.length < length)
    throw new RangeError(`a document of ${document.length} tokens is shorter than the window`);
  const stretches = Array.from({ length: pieces }, (_, stretch) =>
    document.subarray(
      Math.floor((stretch * document.length) / pieces),
      Math.ceil(((stretch + 1) * document.length) / pieces),
    ),
  );
  return joinSlices(length, pieces, random.shuffled(stretches), (stretch, size) =>
    random.below(stretch.length - size + 1),
  );
}

function joinSlices(
  length: number,
  pieces: number,
  donors: readonly Int32Array[],
  startIn: (donor: Int32Array, size: number) => number,
): Int32Array {
  const out = new Int32Array(length);
  donors.forEach((donor, piece) => {
    const [from, to] = [Math.floor((piece * length) / pieces), Math.floor(((piece + 1) * length) / pieces)];
    const start = startIn(donor, to - from);
    out.set(donor.subarray(start, start + (to - from)), from);
  });
  return out;
}
