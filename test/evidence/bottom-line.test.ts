import { expect, it } from '@jest/globals';
import { bottomLine } from '../../src/evidence/bottom-line.js';
import type { EvidenceReport } from '../../src/evidence/report.js';

type Parts = { tells: boolean; lift?: object | null; tested?: object[]; verdicts?: object[]; windows?: number };

/** A report of what the sentence is made of: 16 windows of each of two domains. */
function report({ tells, lift = null, tested = [], verdicts = [], windows = 16 }: Parts): EvidenceReport {
  return {
    choice: { score: 'last-recurrence-2', layer: null, heads: null, k: 512, lift, tested },
    fit: null,
    tells,
    verdicts,
    corpus: { domains: ['a', 'b'].map((domain) => ({ domain, windows, documents: 4 })) },
  } as unknown as EvidenceReport;
}
const interval = (value: number, low: number, high: number): object => ({ value, low, high });
const auc = (against: string, ...numbers: [number, number, number]): object => ({
  ...{ metric: 'auc', against, interval: interval(...numbers) },
});

it('names the choice and what takes it', () => {
  expect(bottomLine(report({ tells: true }))).toMatch(
    /^Select by `last-recurrence-2`, k = 512: `longattn run --config`/,
  );
});

it('names the controls that judge and are not told, and how many windows would part them', () => {
  const tested = [
    auc('splice', 0.9, 0.8, 1),
    auc('matched-gzip', 0.625, 0.375, 0.875),
    auc('repetition', 0.5, 0.4, 0.6),
  ];
  const verdicts = ['splice', 'matched-gzip', 'repetition'].map((control) => ({
    control,
    counts: control !== 'repetition',
  }));
  const said = bottomLine(report({ tells: false, tested, verdicts }));
  expect(said).toMatch(/^Select nothing by these scores yet: .*`last-recurrence-2`/);
  expect(said).toContain('(matched-gzip: AUC 0.63, 0.38 to 0.88; chance is 0.5)');
  // Half an interval of 0.25 must become 0.125: four times 16 windows a domain.
  expect(said).toMatch(/validate again with --windows 64\.$/);
});

it('goes by the lift where losses were measured', () => {
  const lift = { ratio: interval(1.2, 0.8, 1.6), nats: interval(0.1, -0.1, 0.3), kept: 8 };
  const said = bottomLine(report({ tells: false, lift, tested: [auc('splice', 0.9, 0.8, 1)] }));
  expect(said).toContain('(lift 1.20, 0.80 to 1.60; chance is 1)');
  expect(said).toMatch(/--windows 64\.$/);
  const unknown = bottomLine(report({ tells: false, lift: { ...lift, ratio: null } }));
  expect(unknown).toContain('(+0.100 nats a token (-0.100 to +0.300); chance is 0)');
});

it('asks for no number of windows where none would help', () => {
  const lift = { ratio: null, nats: interval(-0.1, -0.3, 0.1), kept: 8 };
  expect(bottomLine(report({ tells: false, lift }))).toMatch(/with more --windows, or another model\.$/);
  expect(bottomLine(report({ tells: false }))).toContain('(no control judges it)');
});
