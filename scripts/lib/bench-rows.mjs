// The rows that the benches left, for the page that is made of them.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './step.mjs';

/**
 * Folder of attention.jsonl and decoder.jsonl (bench.mjs), pipeline.jsonl, select.jsonl, map.jsonl, report.jsonl,
 * export.jsonl and open.jsonl (measure-open.mjs).
 */
export const ROWS = path.join(root, 'build', 'bench-rows');

/** Keeps the rows of one bench for the page. */
export function writeRows(name, rows) {
  mkdirSync(ROWS, { recursive: true });
  writeFileSync(path.join(ROWS, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** A row a line, as JSON or as text. */
export function printRows(rows, json) {
  for (const row of rows) console.log(json ? JSON.stringify(row) : asText(row));
}

function asText({ bench, value, unit, ratio, ratio_to: ratioTo }) {
  const measured = `${bench.padEnd(64)} ${value.toPrecision(4).padStart(9)} ${unit.padEnd(8)}`;
  return ratioTo ? `${measured} ${ratio.toFixed(3).padStart(7)} of ${ratioTo}` : measured;
}

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
