// Digests of plans, docs/evidence/PLAN.json: some tens of kilobytes each, where a validation's own files are megabytes and lie where it ran. From
// these any machine prints the pages, and a plan that is measured again changes its own file alone.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** More than any table prints. */
const DIGITS = 6;

const shorter = (name, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;

/** A line a field, and in a list a line an element: so a difference of two versions can be read. */
function lines(digest) {
  const one = (value) => JSON.stringify(value, shorter);
  const field = (value) =>
    Array.isArray(value) && value.length > 0 ? `[\n  ${value.map(one).join(',\n  ')}\n ]` : one(value);
  return `{\n${Object.entries(digest)
    .map(([name, value]) => ` "${name}": ${field(value)}`)
    .join(',\n')}\n}\n`;
}

export function writeDigest(folder, digest) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${digest.name}.json`), lines(digest));
}

/** Of the plans that there is one of, in the order of `plans`. */
export function readDigests(folder, plans) {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  return plans
    .filter(({ name }) => there.includes(`${name}.json`))
    .map(({ name }) => JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')));
}
