// A line of the README's commands, so that what a check runs is what its reader types.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './step.mjs';

/** @returns the one line of its shell blocks that begins so, without its comment */
export function readmeLine(start) {
  const blocks = [...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/```sh\n(.*?)```/gs)];
  const lines = blocks.flatMap(([, block]) => block.split('\n')).filter((line) => line.startsWith(start));
  if (lines.length !== 1) throw new SetupError(`README.md has ${lines.length} lines that begin with "${start}"`);
  return lines[0].replace(/\s+#.*/, '');
}
