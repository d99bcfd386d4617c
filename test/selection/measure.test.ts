import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { partName } from '../../src/run/ledger.js';
import { selectWindows } from '../../src/selection/select-windows.js';
import { makeScoredRun, someWindows } from '../support/made-run.js';
import { tempFolder } from '../support/temp-folder.js';

/** Selects from two parts of five windows, of which the ledger entry of the second was changed. */
async function selectWith(windows: unknown): Promise<unknown> {
  const dir = tempFolder();
  const run = await makeScoredRun(dir, [someWindows(0, 5), someWindows(5, 5)], {});
  const entry = path.join(dir, 'scores', `${partName(1)}.done.json`);
  const record = JSON.parse(readFileSync(entry, 'utf8')) as { counts: Record<string, unknown>; entrySha256?: string };
  record.counts['windows'] = windows;
  delete record.entrySha256;
  writeFileSync(entry, JSON.stringify(record));
  const settings = { score: 'longattn', alpha: 0.5, std: 'zscore', heads: 'all', keep: 0.5, maxOverlap: 1 } as const;
  return selectWindows(run, settings).catch((error: unknown) => error);
}

describe('a ledger entry that names another number of windows than its part has', () => {
  it.each([
    ...([0, 4, 6, undefined] as const).map((windows) => [windows, 'ROWS_MISSING'] as const),
    // No counts at all.
    ...[2 ** 53, 0.5, -1].map((windows) => [windows, 'PART_CHANGED'] as const),
  ])('%p is an error with a code, never a wrong table', async (windows, code) => {
    expect(await selectWith(windows)).toMatchObject({ code });
  });
});
