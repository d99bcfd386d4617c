// A run directory whose windows are made up: parts of any size, ready to be scored.
import path from 'node:path';
import { windowRow } from '../../src/arrow/rows.js';
import { WINDOW_COLUMNS } from '../../src/arrow/schema.js';
import type { Window } from '../../src/base/records.js';
import { writeArrowPart } from '../../src/run/arrow-part.js';
import { openRun, type Run } from '../../src/run/directory.js';
import { partName } from '../../src/run/ledger.js';
import { scoreParts, type ScoresOptions } from '../../src/scoring/score-parts.js';
import { fakeScorer, HEADS } from './fake-scorer.js';
import { makeWindow } from './rows.js';

export const WINDOW = 64;
export const VOCAB = 1000;

/** @param parts windows of each part @param model undefined for a run that is never scored */
export async function makeRun(dir: string, parts: readonly Window[][], model?: string): Promise<Run> {
  const run = await openRun(dir, {
    stages: { windows: { window: WINDOW }, scores: { k: 'quarter', ...(model && { model }) } },
    versions: { longattn: '0.1.0' },
    freeze: async () => ({ inputs: [], parts: parts.length }),
  });
  for (const [part, windows] of parts.entries()) {
    const domains = [...new Set(windows.map((window) => window.domain))].map((domain) => {
      const count = windows.filter((window) => window.domain === domain).length;
      const short = { shortDocuments: 0, shortTokens: 0, longestShort: 0 };
      return { domain, counts: { documents: count, tokens: count * WINDOW, windows: count, ...short } };
    });
    const [documents, tokens] = [windows.length, windows.length * WINDOW];
    const entry = () => ({ counts: { documents, tokens, windows: windows.length }, domains });
    const metadata = { window: `${WINDOW}` };
    const rows = windows.map(windowRow);
    await writeArrowPart(run.windows, partName(part), { columns: WINDOW_COLUMNS, metadata, rows, entry });
  }
  return run;
}

/** Windows of one domain, numbered from `first`: equal numbers give equal windows. */
export function someWindows(first: number, count: number, domain = 'book'): Window[] {
  return Array.from({ length: count }, (_, i) => {
    const window = makeWindow(first + i, WINDOW, 3, domain);
    return { ...window, windowId: `${domain}/${window.windowId}` };
  });
}

export function scoreOptions(run: Run, changes: Partial<ScoresOptions> = {}): ScoresOptions {
  const { windows, scores, manifest } = run;
  return {
    ...{ windows, scores, parts: Array.from({ length: manifest.parts }, (_, part) => part) },
    ...{ window: WINDOW, layers: [0], k: WINDOW / 4, kRule: 'quarter', tokens: false, heads: HEADS, vocabSize: VOCAB },
    ...{ batch: 4, workers: 1, metadata: { model: 'fake' } },
    openScorer: async () => fakeScorer().score,
    ...changes,
  };
}

/** A run of `parts` whose windows and scores are done. */
export async function makeScoredRun(
  dir: string,
  parts: readonly Window[][],
  changes: Partial<ScoresOptions> = {},
): Promise<Run> {
  const run = await makeRun(path.resolve(dir), parts, 'fake');
  await scoreParts(scoreOptions(run, changes));
  return run;
}
