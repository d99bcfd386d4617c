// Windows and scores made from a number alone: equal numbers give equal rows.
import type { ScoreRow, Window } from '../../src/base/records.js';

/** A fraction in [0, 1) that looks random and depends on its arguments alone. */
export function noise(...seeds: number[]): number {
  let state = 0x9e3779b9;
  for (const seed of seeds) {
    state = Math.imul(state ^ (seed + 0x7f4a7c15), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) / 2 ** 32;
}

/** @param windowsADocument windows that follow each other in one document, without overlap */
export function makeWindow(index: number, length: number, windowsADocument = 3, domain = 'book'): Window {
  const docId = `doc-${Math.floor(index / windowsADocument)}`;
  const tokenStart = (index % windowsADocument) * length;
  return {
    windowId: `${docId}:${tokenStart}`,
    docId,
    domain,
    source: `${domain}.jsonl`,
    charStart: tokenStart * 4,
    charEnd: (tokenStart + length) * 4,
    tokenStart,
    tokenIds: Int32Array.from({ length }, (_, i) => Math.floor(noise(index, i) * 1000)),
  };
}

export function makeScore(
  index: number,
  shape: { heads: number; length: number; layer?: number; tokens?: boolean; losses?: boolean; domain?: string },
): ScoreRow {
  const { heads, length, layer = 0 } = shape;
  const column = (kind: number, size: number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => noise(index, layer, kind, i));
  return {
    windowId: `doc-${index >> 1}:${(index & 1) * length}`,
    docId: `doc-${index >> 1}`,
    domain: shape.domain ?? 'book',
    layer,
    length,
    k: Math.floor(length / 4),
    ds: column(1, heads),
    variance: column(2, heads),
    entropy: column(3, heads),
    farPeak: column(4, heads),
    massBins: column(5, heads * 32),
    squareBins: column(6, heads * 32),
    sinkMassBins: column(7, heads * 32),
    sinkSquareBins: column(8, heads * 32),
    ...(shape.tokens ? { tokenDs: Float32Array.from(column(9, length)) } : {}),
    ...(shape.losses ? { loss: noise(index, 10), nearLoss: noise(index, 11) } : {}),
  };
}
