// What a page says of a score where somebody chooses by it: the rule of the validation's own choice.
import { expect, it } from '@jest/globals';
import type { PageEvidence, PageFinding } from '../../src/report/page-data.js';
import { verdictOf } from '../../src/report/verdict.js';

const cell = (against: string, low: number, metric = 'auc') => ({
  ...{ against, metric, interval: { value: low + 0.1, low, high: low + 0.2 } },
});
const finding = (score: string, layer: number | null, tested: PageFinding['tested'], lift?: number): PageFinding => ({
  ...{ score, layer, heads: null, k: 1024, tested },
  lift:
    lift === undefined ? null : { ratio: null, kept: 8, nats: { value: lift + 0.01, low: lift, high: lift + 0.02 } },
});
const EVIDENCE = {
  verdicts: [
    { control: 'splice', counts: true },
    { control: 'repetition', counts: false },
  ],
  corpus: { window: 4096, k: [1024], domains: [] },
};
const evidenceOf = (choice: PageFinding, others: PageFinding[], tells = false): PageEvidence =>
  ({ ...EVIDENCE, tells, paper: finding('longattn', 0, []), choice, findings: others }) as unknown as PageEvidence;
const verdict = (own: PageFinding, choice = finding('gzip', null, []), tells = false) => {
  const others = [finding(own.score, 9, [cell('splice', 0)]), own];
  return verdictOf({ score: own.score, layer: own.layer ?? undefined, k: 1024 }, evidenceOf(choice, others, tells));
};

it('says yes where every control that counts is told, and names the worst that is not', () => {
  expect(verdict(finding('content', 3, [cell('splice', 0.51), cell('repetition', 0.1)]))).toMatchObject({
    says: 'yes',
  });
  expect(verdict(finding('content', 3, [cell('splice', 0.5), cell('nll-gain', 0.9, 'spearman')]))).toEqual({
    says: 'no',
    why: 'do not select by content: the validation could not part it from chance (AUC against splice 0.60, 0.50 to 0.70), on windows of 4096 tokens, k = 1024.',
  });
  expect(verdict(finding('content', 3, []))).toMatchObject({ says: 'no', why: expect.stringContaining('too few') });
});

it('goes by the lift where there are losses', () => {
  expect(verdict(finding('content', 3, [cell('splice', 0)], 0.001))).toMatchObject({ says: 'yes' });
  expect(verdict(finding('content', 3, [cell('splice', 0.9)], 0))).toMatchObject({
    says: 'no',
    why: expect.stringContaining('gains 0.0100, 0.0000 to 0.0200 nats a token'),
  });
});

it('takes the word of the validation for its choice, and says where a score was not looked at', () => {
  const choice = finding('content', 3, [cell('splice', 0.4)]);
  expect(verdict(choice, choice, true)).toMatchObject({ says: 'yes' });
  expect(verdict(finding('content', 3, [cell('splice', 0.9)]), choice)).toMatchObject({ says: 'no' });
  expect(verdictOf({ score: 'far', layer: 2, k: 1024 }, evidenceOf(choice, []))).toEqual({
    says: 'nothing',
    why: 'the validation did not look at far of layer 2.',
  });
});
