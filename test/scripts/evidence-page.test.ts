// The pages of the evidence are printed from what is kept of each plan: any machine can print them, whoever has measured.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readDigests, writeDigest } from '../../scripts/lib/digest-files.mjs';
import { evidencePages } from '../../scripts/lib/evidence-page.mjs';
import { FULL } from '../../scripts/lib/evidence-plans.mjs';
import { root } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

const kept = path.join(root, 'docs', 'evidence');
const printed = (name: string): string => readFileSync(path.join(root, 'docs', name), 'utf8');

describe('the pages of the evidence', () => {
  it('are those of the kept plans, all of them', () => {
    const digests = readDigests(kept, FULL);
    expect(digests.map(({ name }) => name)).toEqual(FULL.map(({ name }) => name));
    const { page, scores } = evidencePages(digests, []);
    expect(page).toBe(printed('evidence.md'));
    expect(scores).toBe(printed('evidence-scores.md'));
  });

  it('have every number', () => {
    const { page, scores } = evidencePages(readDigests(kept, FULL), []);
    expect(`${page}${scores}`).not.toMatch(/NaN|undefined|Infinity|Not measured yet/);
  });
});

describe('a kept plan', () => {
  it('is read as it was written, to six digits', () => {
    const folder = tempFolder();
    const digest = {
      name: 'old',
      cells: [
        { score: 'gzip', auc: 2 / 3 },
        { score: 'ds', auc: null },
      ],
      none: [],
    };
    writeDigest(folder, digest);
    const [read] = readDigests(folder, FULL);
    expect(read).toEqual({ ...digest, cells: [{ score: 'gzip', auc: 0.666667 }, digest.cells[1]] });
  });
});
