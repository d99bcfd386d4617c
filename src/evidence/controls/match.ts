// Pairs of real windows and controls that are alike in some count, so that the count itself cannot tell them apart.

/**
 * Pair each real window with the unused control whose key is nearest, in order of how near they are; pairs further apart than
 * `tolerance` are left out. Without this a count wins by construction: a splice compresses worse than any real text.
 * @returns indices [real, control]
 */
export function matchPairs(real: ArrayLike<number>, control: ArrayLike<number>, tolerance: number): [number, number][] {
  const candidates: { real: number; control: number; gap: number }[] = [];
  for (let i = 0; i < real.length; i++) {
    for (let j = 0; j < control.length; j++) {
      const gap = Math.abs(real[i]! - control[j]!);
      if (gap <= tolerance) candidates.push({ real: i, control: j, gap });
    }
  }
  candidates.sort((a, b) => a.gap - b.gap || a.real - b.real || a.control - b.control);
  const [usedReal, usedControl] = [new Set<number>(), new Set<number>()];
  const pairs: [number, number][] = [];
  for (const pair of candidates) {
    if (usedReal.has(pair.real) || usedControl.has(pair.control)) continue;
    usedReal.add(pair.real);
    usedControl.add(pair.control);
    pairs.push([pair.real, pair.control]);
  }
  return pairs.sort((a, b) => a[0] - b[0]);
}
