import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ArrowFile } from '../../src/arrow/file.js';
import { COUNT_COLUMNS, countedDistances } from '../../src/counts/columns.js';
import { countRow } from '../../src/counts/count-window.js';
import { countsLedger, ensureCounts, writeCounts } from '../../src/counts/counts-part.js';
import { storedCount } from '../../src/counts/stored-count.js';
import { shippedCountScores } from '../../src/scores/counts/shipped.js';
import { makeRun, someWindows, WINDOW } from '../support/made-run.js';
import { tempFolder } from '../support/temp-folder.js';

let dir: string;
beforeEach(() => {
  dir = path.join(tempFolder(), 'run');
});

describe('counts of a part', () => {
  it('are the same bytes from the windows in hand and from a pass over an older run', async () => {
    const parts = [someWindows(0, 5), someWindows(5, 3, 'code')];
    const { windows } = await makeRun(dir, parts);
    const ledger = await ensureCounts({ windows, parts: 2, window: WINDOW });
    const passed = ['part-00000', 'part-00001'].map((name) => readFileSync(ledger.file(name)));
    for (const [part, some] of parts.entries()) await writeCounts(windows, part, WINDOW, some.map(countRow));
    const inHand = ['part-00000', 'part-00001'].map((name) => readFileSync(ledger.file(name)));
    expect(passed.map((bytes, at) => bytes.equals(inHand[at]!))).toEqual([true, true]);
  });

  it('hold what the score of the same name gives, wherever a score says that it is stored', async () => {
    const some = someWindows(0, 4);
    const { windows } = await makeRun(dir, [some]);
    await ensureCounts({ windows, parts: 1, window: WINDOW });
    await using file = await ArrowFile.open(countsLedger(windows).file('part-00000'), COUNT_COLUMNS);
    const checked = new Set<string>();
    for await (const { columns } of file.batches(Object.keys(COUNT_COLUMNS) as (keyof typeof COUNT_COLUMNS)[])) {
      for (const score of shippedCountScores) {
        for (const k of [...countedDistances(WINDOW), 7]) {
          const stored = storedCount(score.name, k, WINDOW);
          if (!stored) continue;
          checked.add(score.name);
          const column = columns[stored.column];
          some.forEach((window, row) => {
            const value = 'get' in column ? column.get(row)[stored.item] : column[row];
            expect(value).toBe(score.open({ seed: 1 }).value(window, k));
          });
        }
      }
    }
    expect([...checked].sort()).toEqual([
      'distinct',
      'gzip',
      'last-recurrence-1',
      'last-recurrence-2',
      'last-recurrence-3',
    ]);
    expect(storedCount('last-recurrence-2', 7, WINDOW)).toBeUndefined();
  });

  it('are made again where a version or the windows changed, and not where they are there', async () => {
    const { windows } = await makeRun(dir, [someWindows(0, 2)]);
    const stages: string[] = [];
    const onProgress = (event: { type: string }): void => void stages.push(event.type);
    const ledger = await ensureCounts({ windows, parts: 1, window: WINDOW, onProgress });
    expect(stages).toContain('stage-done');
    stages.length = 0;
    await ensureCounts({ windows, parts: 1, window: WINDOW, onProgress });
    expect(stages).toEqual([]);
    await ledger.remove('part-00000');
    await ensureCounts({ windows, parts: 1, window: WINDOW, onProgress });
    expect((await ledger.inspect('part-00000')).status).toBe('done');
  });
});
