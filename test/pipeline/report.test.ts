import { expect, it } from '@jest/globals';
import { report } from '../../src/pipeline/report.js';
import type { WindowsResult } from '../../src/pipeline/windows-stage.js';
import type { SelectionResult } from '../../src/selection/select-windows.js';

const counts = { documents: 1, tokens: 64, windows: 1, shortDocuments: 0, shortTokens: 0, longestShort: 0 };
const windows = (domain: string): WindowsResult => ({
  counts: { [domain]: counts },
  ...{ rejects: 0, rejectsPath: '/run/rejects.jsonl', refused: [], nonFinite: 0, complete: true },
});
const selection = { domains: [{ domain: 'book', windows: 1, dsMean: 0.4, kept: 1 }] } as unknown as SelectionResult;

it('a domain that the ledger of the windows has lost is an error, not a line that is missing', () => {
  expect(report(windows('book'), '/run', selection).domains).toMatchObject([{ domain: 'book', windows: 1, kept: 1 }]);
  expect(() => report(windows('boot'), '/run', selection)).toThrow(
    expect.objectContaining({
      code: 'PART_CHANGED',
      message: expect.stringContaining('1 of the domain "boot", and 0 were scored') as unknown,
    }),
  );
});

it('so is a domain of which another number of windows was scored', () => {
  const scored = { domains: [{ ...selection.domains[0], windows: 2 }] } as unknown as SelectionResult;
  expect(() => report(windows('book'), '/run', scored)).toThrow('1 of the domain "book", and 2 were scored');
});
