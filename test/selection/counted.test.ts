import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { readSelection } from '../../src/arrow/reader.js';
import type { Window } from '../../src/base/records.js';
import { ensureCounts } from '../../src/counts/counts-part.js';
import { Ledger } from '../../src/run/ledger.js';
import { findCountScore } from '../../src/scores/registry.js';
import { selectWindows, type SelectionSettings } from '../../src/selection/select-windows.js';
import { collect } from '../support/collect.js';
import { makeRun, makeScoredRun, someWindows, WINDOW } from '../support/made-run.js';
import { tempFolder } from '../support/temp-folder.js';

const SETTINGS: SelectionSettings = {
  score: 'last-recurrence-2',
  alpha: 0.5,
  std: 'zscore',
  heads: 'all',
  keep: 0.25,
  maxOverlap: 1,
};

let dir: string;
beforeEach(() => {
  dir = path.join(tempFolder(), 'run');
});

/** `share` of a window of 256 tokens stands in it twice. */
function repeating(window: Window, share: number): Window {
  const tokenIds = Int32Array.from({ length: 256 }, (_, i) => i);
  const copied = Math.round(256 * share);
  tokenIds.set(tokenIds.subarray(0, copied), 256 - copied);
  return { ...window, tokenIds };
}

describe('a selection by counts', () => {
  it('needs no scores where the run was made without a model', async () => {
    const parts = [someWindows(0, 12), [...someWindows(12, 4), ...someWindows(0, 8, 'code')]];
    const run = await makeRun(dir, parts);
    const { path: file, domains, settings } = await selectWindows(run, SETTINGS);
    const rows = await collect(readSelection(file));
    const score = findCountScore('last-recurrence-2').open({ seed: 1 });
    expect(rows.map(({ windowId }) => windowId)).toEqual(parts.flat().map(({ windowId }) => windowId));
    expect(rows.map(({ score: value }) => value)).toEqual(
      parts.flat().map((window) => score.value(window, WINDOW / 4)),
    );
    expect(rows.every(({ ds, du, lds }) => [ds, du, lds].every(Number.isNaN))).toBe(true);
    expect(domains.map(({ domain, kept, dsMean }) => [domain, kept, dsMean])).toEqual([
      ['book', 4, undefined],
      ['code', 2, undefined],
    ]);
    expect(settings).toMatchObject({ k: WINDOW / 4, maxRepeats: 0.3 });
    expect(settings).not.toHaveProperty('layer');
    await expect(selectWindows(run, { ...SETTINGS, score: 'content' })).rejects.toMatchObject({ code: 'NOT_SCORED' });
  });

  it('opens no windows part where the counts are stored, at whatever stored k', async () => {
    const run = await makeScoredRun(dir, [someWindows(0, 12), someWindows(12, 9)]);
    await ensureCounts({ windows: run.windows, parts: 2, window: WINDOW });
    const opened: string[] = [];
    const fs: typeof run.windows.fs = {
      ...run.windows.fs,
      open: (file, ...rest) => {
        opened.push(path.relative(dir, String(file)));
        return run.windows.fs.open(file, ...rest);
      },
    };
    const watched = { ...run, windows: new Ledger(run.windows.folder, run.windows.specHash, fs) };
    for (const k of [undefined, WINDOW / 2]) {
      await selectWindows(watched, { ...SETTINGS, score: 'blend:last-recurrence-2+gzip', k }, { check: 'size' });
    }
    expect(opened.filter((file) => file.startsWith('windows'))).toEqual([]);
    expect(opened.filter((file) => file.startsWith('counts')).length).toBeGreaterThan(0);
    // A distance that is not stored is counted in a pass over the token ids.
    await selectWindows(watched, { ...SETTINGS, k: 2 }, { check: 'size' });
    expect(opened.filter((file) => file.startsWith('windows')).length).toBeGreaterThan(0);
  });
});

describe('--max-repeats', () => {
  const shares = [0, 0.25, 0.29, 0.31, 0.5];
  const made = (): Window[] => someWindows(0, 5).map((window, i) => repeating(window, shares[i]!));
  const reasonsOf = async (changes: Partial<SelectionSettings>): Promise<string[]> => {
    const run = await makeRun(dir, [made()]);
    const { path: file } = await selectWindows(run, { ...SETTINGS, keep: 1, score: 'gzip', ...changes });
    return (await collect(readSelection(file))).map(({ reason }) => reason);
  };

  it('keeps out windows that say too much twice, with its reason', async () => {
    const [kept, refused] = ['kept', 'repeats itself'];
    expect(await reasonsOf({})).toEqual([kept, kept, kept, refused, refused]);
  });

  it.each([
    ['as asked for', { maxRepeats: 0.4 }, 1],
    ['not at all', { maxRepeats: 1 }, 0],
    ['not by default for random, which must stay chance', { score: 'random' }, 0],
    ['where it is asked for, for random too', { score: 'random', maxRepeats: 0 }, 4],
  ] as [string, Partial<SelectionSettings>, number][])('%s', async (_, changes, refused) => {
    expect((await reasonsOf(changes)).filter((reason) => reason === 'repeats itself')).toHaveLength(refused);
  });
});
