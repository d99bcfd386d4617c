// The rows that the benches left, for the page that is made of them.
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './step.mjs';

/** Folder of attention.jsonl and decoder.jsonl (scripts/bench.mjs) and pipeline.jsonl (scripts/bench-pipeline.mjs --json). */
export const ROWS = path.join(root, 'build', 'bench-rows');

/** Rows of one bench and the day of its run, or undefined where it has not run. */
export function readRows(name) {
  const file = path.join(ROWS, `${name}.jsonl`);
  if (!existsSync(file)) return undefined;
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { rows, date: statSync(file).mtime.toISOString().slice(0, 10) };
}

/** The same, where the page cannot be made without it. */
export function requireRows(name) {
  const found = readRows(name);
  if (found === undefined) throw new SetupError(`build/bench-rows/${name}.jsonl is missing. Run \`npm run bench\`.`);
  return found;
}
