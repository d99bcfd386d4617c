// Guard rails: what may keep a window out of the selection besides its rank. Windows come best first.

export interface Limit {
  /** Of a window that it refuses, for the `reason` column. */
  reason: string;
  admits(window: number): boolean;
  /** Called when the window is taken. */
  take(window: number): void;
}

/** How many windows a share is: rounded up, so that any share above 0 keeps at least one; 3.0000000001 is 3. */
export function countOfShare(share: number, windows: number): number {
  return Math.ceil(share * windows * (1 - 1e-12));
}

/**
 * No window of which a better one that was taken covers more than `share`.
 *
 * @param documents number of each window's document
 * @param starts first token of each window in its document
 * @param length of every window, tokens: only windows that start in the same or a neighbouring stretch of it can overlap
 */
export function overlapLimit(share: number, documents: Int32Array, starts: Int32Array, length: number): Limit {
  const allowed = share * length;
  /** Starts of the taken windows by document, then stretch. */
  const taken = new Map<number, Map<number, number[]>>();
  return {
    reason: 'overlaps a better window',
    admits(window) {
      const stretches = taken.get(documents[window]!);
      const stretch = Math.floor(starts[window]! / length);
      return [stretch - 1, stretch, stretch + 1].every((near) =>
        (stretches?.get(near) ?? []).every((start) => length - Math.abs(start - starts[window]!) <= allowed),
      );
    },
    take(window) {
      const start = starts[window]!;
      const stretches = taken.get(documents[window]!) ?? new Map<number, number[]>();
      const stretch = Math.floor(start / length);
      stretches.set(stretch, [...(stretches.get(stretch) ?? []), start]);
      taken.set(documents[window]!, stretches);
    },
  };
}
