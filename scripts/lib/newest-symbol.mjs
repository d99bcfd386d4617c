// The newest version of a library's symbols that a file asks for, such as 2.34 of GLIBC: what the system must have to load it.
//
// Read from the file's bytes: the names stand in its table of strings as they are, and there is no readelf on every machine.
import { readFileSync } from 'node:fs';

/** @param library such as GLIBC or GLIBCXX; undefined: the file asks for none */
export function newestSymbol(file, library) {
  const text = readFileSync(file).toString('latin1');
  const found = [...text.matchAll(new RegExp(`\\0${library}_(\\d+(?:\\.\\d+)+)(?=\\0)`, 'g'))].map(([, one]) => one);
  return found.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}
