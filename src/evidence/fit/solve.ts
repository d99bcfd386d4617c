/** Gauss without pivots, which a positive definite system does not need. @param system [p][p + 1], changed */
export function solve(system: readonly Float64Array[]): Float64Array {
  const p = system.length;
  for (let a = 0; a < p; a++) {
    for (let b = a + 1; b < p; b++) {
      const factor = system[b]![a]! / system[a]![a]!;
      for (let c = a; c <= p; c++) system[b]![c]! -= factor * system[a]![c]!;
    }
  }
  const found = new Float64Array(p);
  for (let a = p - 1; a >= 0; a--) {
    let rest = system[a]![p]!;
    for (let b = a + 1; b < p; b++) rest -= system[a]![b]! * found[b]!;
    found[a] = rest / system[a]![a]!;
  }
  return found;
}
