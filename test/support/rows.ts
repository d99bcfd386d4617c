// Windows and scores made from a number alone: equal numbers give equal rows.
import type { Row } from '../../src/arrow/rows.js';
import type { ScoreRow, SelectionRow, Window } from '../../src/base/records.js';
import { sizeOf, storedStatistics, type Statistics } from '../../src/base/statistics.js';

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
  const statistics: Record<string, unknown> = {};
  storedStatistics(shape).forEach(([name, { per }], kind) => {
    const values = Array.from({ length: sizeOf(per, heads, length) }, (_, i) => noise(index, layer, kind + 1, i));
    if (per === 'window') statistics[name] = noise(index, kind + 1);
    else statistics[name] = per === 'token' ? Float32Array.from(values) : Float64Array.from(values);
  });
  return {
    windowId: `doc-${index >> 1}:${(index & 1) * length}`,
    docId: `doc-${index >> 1}`,
    domain: shape.domain ?? 'book',
    layer,
    length,
    k: Math.floor(length / 4),
    ...(statistics as unknown as Statistics),
  };
}

/** A row of selection.arrow by the names of its columns. */
export function selectionRow({ windowId, ...row }: SelectionRow): Row {
  return { window_id: windowId, ...row };
}
