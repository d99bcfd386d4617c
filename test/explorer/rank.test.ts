import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSelection } from '../../src/arrow/reader.js';
import { selectWindows, type SelectionSettings } from '../../src/selection/select-windows.js';
import { gather } from '../../src/report/gather.js';
import { PageTable, rank } from '../../explorer/rank.js';
import { selectCommand, selectOptions, selectWords, quote } from '../../explorer/command.js';
import { defaultWhatIf, formatState, keepSettings, parseState, type WhatIf } from '../../explorer/state.js';
import type { PageMeta } from '../../src/report/page-data.js';
import { temporaryFolder } from '../support/cli.js';
import { makeScoredRun, someWindows, WINDOW } from '../support/made-run.js';
import { collect } from '../support/collect.js';

const SCORES = ['longattn', 'longattn-minmax', 'content', 'du', 'last-recurrence-2'];

const META = {
  domains: ['book', 'it, "is" a=trap'],
  windows: 70,
  window: WINDOW,
  columns: [{ column: 'ds', label: 'DS' }],
  scores: SCORES.map((name) => ({ name })),
  settings: { alpha: 0.5, keep: 0.125, maxOverlap: 1, maxRepeats: 1 },
} as unknown as PageMeta;

const whatIfs = fc.record<WhatIf>({
  score: fc.nat(SCORES.length - 1),
  // An address has no -0.
  alpha: fc.double({ min: -2, max: 2, noNaN: true }).map((alpha) => alpha + 0),
  mode: fc.constantFrom('share', 'tokens', 'quota'),
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  tokens: fc.nat(60 * WINDOW),
  quota: fc.double({ min: 0, max: 1, noNaN: true }).map((book) => ({ book, code: 1 - book })),
  maxRepeats: fc.double({ min: 0, max: 1, noNaN: true }),
  maxPerDocument: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  maxOverlap: fc.constantFrom(0, 0.25, 0.5, 1),
  ...{ layer: fc.constant(undefined), k: fc.constant(undefined), heads: fc.constant(undefined) },
});

describe('ranking in the page', () => {
  it('is that of select: rank, reason, score and cut, for 50 settings', async () => {
    const windows = [someWindows(1, 30), [...someWindows(31, 12), ...someWindows(1, 28, 'code')]];
    const run = await makeScoredRun(path.join(temporaryFolder(), 'run'), windows);
    const base: SelectionSettings = { score: 'longattn', alpha: 0.5, std: 'zscore', heads: 'all', maxOverlap: 1 };
    const { path: file } = await selectWindows(run, { ...base, keep: 0.25 });
    const page = await gather(run, file, SCORES.slice(1), {});
    const { table } = page;
    const order = Uint32Array.from({ length: table.length }, (_, i) => i).sort((a, b) => table.ids.compare(a, b));
    const places = new Uint32Array(table.length);
    order.forEach((row, place) => (places[row] = place));
    const { domains, domainNames, documents, starts } = table;
    const pageTable = new PageTable(WINDOW, domainNames, domains, documents, starts, places);
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(whatIfs, async (whatIf) => {
        const score = page.scores[whatIf.score]!;
        const columns = score.columns.map((name) => page.columns.get(name)!);
        const ranked = rank(pageTable, score, columns, keepSettings(whatIf), page.columns.get('repeats')!);
        const { alpha, ...keep } = keepSettings(whatIf);
        const chosen = await selectWindows(run, { ...base, alpha, ...keep, score: SCORES[whatIf.score]! });
        const rows = await collect(readSelection(chosen.path));
        rows.forEach((row, i) => {
          expect(ranked.rank[i]).toBe(row.rank);
          expect(ranked.reasons[ranked.reason[i]!]).toBe(row.reason);
          expect(ranked.values[i]).toBe(row.score);
          if (row.selected) kept++;
        });
        chosen.domains.forEach(({ scoreCut }, i) => expect(ranked.cuts[i]).toBe(scoreCut ?? NaN));
      }),
      { numRuns: 50 },
    );
    expect(kept).toBeGreaterThan(0);
  });
});

describe('the command of the page', () => {
  const score = { ...META.scores[0]!, kind: 'lds' as const, flags: ['--score', 'longattn'], maxRepeats: 1 };

  it('names every setting that is not the default', () => {
    const whatIf = {
      ...defaultWhatIf(META),
      alpha: 0.25,
      keep: 0.2,
      maxPerDocument: 3,
      maxOverlap: 0.5,
      maxRepeats: 0.3,
    };
    expect(selectWords('RUN', score as never, whatIf).join(' ')).toBe(
      'longattn select RUN --score longattn --alpha 0.25 --keep 0.2 --max-repeats 0.3 --max-per-document 3 --max-overlap 0.5',
    );
  });

  it('names the layer, k and heads that are asked for in place of those of the score', () => {
    const stored = { ...score, flags: ['--score', 'content', '--select-layer', '3', '--heads', '1,2'] };
    const words = selectWords('RUN', stored, { ...defaultWhatIf(META), layer: 7, k: 32 });
    expect(words.slice(3, 11).join(' ')).toBe('--score content --heads 1,2 --select-layer 7 --select-k 32');
    expect(selectOptions(words)).toMatchObject({ score: 'content', heads: '1,2', selectLayer: '7', selectK: '32' });
  });

  it('is safe in a shell', () => {
    expect(quote('RUN/a-1.5')).toBe('RUN/a-1.5');
    expect(quote("it's $(rm) `x`")).toBe(`'it'\\''s $(rm) \`x\`'`);
    const command = selectCommand('my run; rm -rf ~', score, defaultWhatIf(META));
    expect(command).toContain("select 'my run; rm -rf ~' --score");
  });
});

describe('the state in the address', () => {
  it('comes back as it was', () => {
    const word = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(whatIfs, word, fc.option(fc.nat(69), { nil: undefined }), (given, query, row) => {
        const quota = Object.fromEntries(META.domains.map((domain, i) => [domain, i / 7]));
        const whatIf = { ...given, quota, layer: 3, k: undefined, heads: '0,2' };
        const meta = { ...META, served: { layers: [0, 3] } };
        const state = {
          ...{ view: 'list' as const, domain: 1, brush: new Map([['ds', [0.25, Infinity] as const]]), query },
          ...{ kind: 'kept' as const, sort: '-ds', page: 3, row, whatIf },
          look: { layer: 0, head: 'mean', token: undefined },
          heat: 'far' as const,
        };
        expect(parseState(formatState(state, meta), meta)).toEqual(state);
      }),
    );
  });

  it('takes nonsense for what is not given', () => {
    const hash =
      '#view=x&domain=9&brush=ds~a~b&brush=__proto__~1~2&w=-1&keep=7&alpha=NaN&score=1e9&page=-2&perDocument=0';
    expect(parseState(hash, META)).toEqual(parseState('', META));
  });
});
