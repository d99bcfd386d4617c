// The oldest glibc that a library can be loaded with: the newest version of a symbol that it asks for.
//
// Read from the file's bytes: the names of versions stand in its table of strings as they are, and there is no readelf on every machine.
import { readFileSync } from 'node:fs';

/** Such as `2.28`. A library that asks for none gets `2.2.5`, the first one of x86-64. */
export function glibcFloor(file) {
  const found = [
    ...readFileSync(file)
      .toString('latin1')
      .matchAll(/\0GLIBC_(\d+(?:\.\d+)+)(?=\0)/g),
  ].map(([, one]) => one);
  const numbers = (text) => text.split('.').map(Number);
  const newest = (a, b) => {
    const [x, y] = [numbers(a), numbers(b)];
    const at = x.findIndex((part, i) => part !== (y[i] ?? 0));
    return at >= 0 && x[at] > (y[at] ?? 0) ? a : b;
  };
  return found.reduce(newest, '2.2.5');
}
