import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { readSelection, readWindows } from '../../../src/arrow/reader.js';
import type { ProgressEvent } from '../../../src/base/events.js';
import { partName } from '../../../src/run/ledger.js';
import { textStatistics } from '../../../src/selection/removal/text-statistics.js';
import { reportRemoval } from '../../../src/selection/removal/report-removal.js';
import { selectWindows } from '../../../src/selection/select-windows.js';
import { collect } from '../../support/collect.js';
import { CORPUS, makeSelectedRun, SETTINGS, textOfCorpus } from '../../support/exported-run.js';
import { WINDOW } from '../../support/made-run.js';
import { tempFolder } from '../../support/temp-folder.js';

const options = { window: WINDOW, seed: 1 };
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('reportRemoval', () => {
  it('counts what is kept by domain, length and source, and compares the texts', async () => {
    const { run, selection, textOf } = await makeSelectedRun(tempFolder());
    const { domains, path } = await reportRemoval(run, selection, { ...options, textOf });
    const rows = await collect(readSelection(selection.path));
    const windows = [];
    for (let part = 0; part < run.manifest.parts; part++)
      windows.push(...(await collect(readWindows(run.windows.file(partName(part))))));
    const documents = new Map(CORPUS.flat().map((document) => [document.key, document]));
    const ends = new Map<string, number>();
    const keyOf = ({ windowId }: { windowId: string }): string => windowId.slice(0, windowId.lastIndexOf(':'));
    for (const one of windows) ends.set(keyOf(one), Math.max(ends.get(keyOf(one)) ?? 0, one.tokenStart + WINDOW));
    expect(domains.map(({ domain }) => domain)).toEqual([...new Set(rows.map((row) => row.domain))].sort());
    for (const { domain, ...found } of domains) {
      const own = windows.map((window, i) => ({ window, row: rows[i]! })).filter(({ row }) => row.domain === domain);
      const kept = own.filter(({ row }) => row.selected);
      expect(found).toMatchObject({ windows: own.length, kept: kept.length, textWindows: own.length });
      for (const [groups, groupOf] of [
        [found.bySource, ({ window }: (typeof own)[0]) => window.source],
        [
          found.byLength,
          ({ window }: (typeof own)[0]) => {
            const octave = 2 ** Math.floor(Math.log2(ends.get(keyOf(window))! / WINDOW));
            return `${octave}-${2 * octave} W`;
          },
        ],
      ] as const) {
        for (const { group, ...counts } of groups) {
          expect(counts.windows).toBe(own.filter((one) => groupOf(one) === group).length);
          expect(counts.kept).toBe(kept.filter((one) => groupOf(one) === group).length);
          expect(counts.ratio).toBeCloseTo(counts.kept / counts.windows / (kept.length / own.length), 12);
        }
        expect(groups.reduce((sum, one) => sum + one.windows, 0)).toBe(own.length);
      }
      const latinOf = ({ window }: (typeof own)[0]): number => {
        const text = documents.get(keyOf(window))!.text;
        return textStatistics([...text].slice(window.charStart, window.charEnd).join('')).latin;
      };
      const latin = found.text.find(({ statistic }) => statistic === 'latin')!;
      expect(latin.keptMean).toBeCloseTo(mean(kept.map(latinOf)), 12);
      expect(latin.removedMean).toBeCloseTo(mean(own.filter(({ row }) => !row.selected).map(latinOf)), 12);
    }
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ window: WINDOW, seed: 1, domains });
  });

  it('has no texts of a corpus that has changed, and says so', async () => {
    const { run, selection } = await makeSelectedRun(tempFolder());
    const changed = CORPUS.map((part) => part.map((document) => ({ ...document, text: `${document.text}!` })));
    const events: ProgressEvent[] = [];
    const { domains } = await reportRemoval(run, selection, {
      ...{ ...options, textOf: textOfCorpus(run, changed) },
      onProgress: (event) => events.push(event),
    });
    expect(domains.every(({ text, windows, kept }) => text.length === 0 && windows > kept)).toBe(true);
    expect(events).toMatchObject([{ type: 'warning', code: 'CORPUS_CHANGED' }]);
  });

  it('refuses a selection of other windows', async () => {
    const { run, textOf } = await makeSelectedRun(tempFolder());
    const other = await makeSelectedRun(tempFolder(), {}, [CORPUS[2]!, CORPUS[1]!, CORPUS[0]!]);
    const selection = await selectWindows(other.run, SETTINGS);
    await expect(reportRemoval(run, selection, { ...options, textOf })).rejects.toMatchObject({
      code: 'SELECTION_STALE',
    });
    expect(existsSync(`${run.dir}/selection/removal.json`)).toBe(false);
  });
});
