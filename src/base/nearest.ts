// Which of some names a mistyped one stands for: the one that it begins, else the one with the fewest letters changed.

/** undefined where none is near: more than a third of the letters would change */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const begun = names.filter((name) => typed.length > 2 && name.startsWith(typed));
  if (begun.length === 1) return begun[0];
  const [best] = names
    .map((name) => ({ name, changes: changesBetween(typed, name) }))
    .filter(({ name, changes }) => changes <= Math.max(typed.length, name.length) / 3)
    .sort((a, b) => a.changes - b.changes);
  return best?.name;
}

/** Letters put in, left out, replaced or swapped with the next one (optimal string alignment). */
function changesBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const before = rows[i - 1]!;
      row.push(
        Math.min(
          ...[before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (same ? 0 : 1)],
          ...(swapped ? [rows[i - 2]![j - 2]! + 1] : []),
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
