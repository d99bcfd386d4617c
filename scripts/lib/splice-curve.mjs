// Splices of 2, 4, 8 and 16 documents as a curve: the more pieces, the less of the far context belongs to the near. Counts alone, which
// need no model, on the windows that a plan has cut.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readWindows } from '../../dist/arrow/reader.js';
import { Random } from '../../dist/base/random.js';
import { chooseDonors } from '../../dist/evidence/controls/donors.js';
import { splice } from '../../dist/evidence/controls/splice.js';
import { wilson } from '../../dist/evidence/counting-controls.js';
import { sampleWindows } from '../../dist/evidence/sample.js';
import { distinct } from '../../dist/scores/counts/distinct.js';
import { gzip } from '../../dist/scores/counts/gzip.js';
import { lastRecurrence } from '../../dist/scores/counts/last-recurrence.js';

const PIECES = [2, 4, 8, 16];
/** Real windows a domain. */
const WINDOWS = 32;
const SEED = 1;

const counts = (k) => ({
  'last-recurrence-1': (ids) => lastRecurrence(ids, 1, [k])[0],
  'last-recurrence-2': (ids) => lastRecurrence(ids, 2, [k])[0],
  'last-recurrence-3': (ids) => lastRecurrence(ids, 3, [k])[0],
  gzip,
  distinct,
});

async function* windowsOf(run) {
  const folder = path.join(run, 'windows');
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.arrow'))
    .sort()) {
    yield* readWindows(path.join(folder, name));
  }
}

/** @returns by score, the share of pairs (with its interval) in which the real window is above its splice, for each number of pieces */
export async function spliceCurve({ run, window, k }) {
  const { domains } = await sampleWindows(windowsOf(run), WINDOWS, SEED);
  const scores = Object.entries(counts(k));
  const rows = scores.map(([score]) => ({ score, shares: [] }));
  let pairs = 0;
  for (const pieces of PIECES) {
    const made = domains.flatMap((sample) => splices(sample, pieces, window));
    pairs = Math.max(pairs, made.length);
    scores.forEach(([, count], at) => {
      const wins = made.map(([real, other]) => 0.5 + Math.sign(count(real) - count(other)) / 2);
      const won = wins.reduce((sum, one) => sum + one, 0);
      rows[at].shares.push(wilson(won, made.length));
    });
  }
  return { pieces: PIECES, windows: WINDOWS, pairs, rows };
}

function splices(sample, pieces, window) {
  return sample.windows.flatMap((real) => {
    const draw = new Random(SEED, `splice of ${pieces} ${real.windowId}`);
    const donors = chooseDonors(sample, real, pieces, window, draw).windows;
    if (donors.length < pieces) return [];
    const ids = donors.map(({ tokenIds }) => tokenIds);
    return [[real.tokenIds, splice(ids, real.tokenIds.length, draw)]];
  });
}
