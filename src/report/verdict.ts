// What a validation says of a score that ranks, in a sentence: it stands wherever somebody chooses by that score.
//
// By the rule of the validation's own choice: with losses the lift of what is kept lies above 0, without them the AUC of every control that
// counts above 0.5. It is asked of the score of the run, which the validation may not have chosen.
import type { PageEvidence, PageFinding, PageInterval, PageVerdict } from './page-data.js';

export interface Ranking {
  score: string;
  layer: number | undefined;
  k: number | undefined;
}

export function verdictOf(
  { score, layer, k }: Ranking,
  { paper, choice, findings, verdicts, tells, corpus }: PageEvidence,
): PageVerdict {
  const isOf = (one: PageFinding): boolean => one.score === score && (one.layer === null || one.layer === layer);
  const of = [paper, ...findings].filter(isOf);
  const found = isOf(choice) ? choice : (of.find((one) => one.k === k) ?? of[0]);
  if (!found) return { says: 'nothing', why: `the validation did not look at ${score}${layerText(layer)}.` };
  const on = `on windows of ${corpus.window} tokens, k = ${found.k ?? corpus.k[0]}`;
  const failed = failureOf(found, new Set(verdicts.filter(({ counts }) => counts).map(({ control }) => control)));
  const ok = found === choice ? tells : failed === undefined;
  if (ok)
    return { says: 'yes', why: `the validation found that ${score} tells real windows from broken ones (${on}).` };
  return {
    says: 'no',
    why: `do not select by ${score}: the validation could not part it from chance${failed === undefined ? '' : ` (${failed})`}, ${on}.`,
  };
}

/** Its worst number, where that touches chance. */
function failureOf({ lift, tested }: PageFinding, counting: ReadonlySet<string>): string | undefined {
  const range = ({ value, low, high }: PageInterval, digits: number): string =>
    `${value.toFixed(digits)}, ${low.toFixed(digits)} to ${high.toFixed(digits)}`;
  if (lift) return lift.nats.low > 0 ? undefined : `what it keeps gains ${range(lift.nats, 4)} nats a token`;
  const cells = tested.filter(({ metric, against }) => metric === 'auc' && counting.has(against));
  if (cells.length === 0) return 'there are too few windows to say anything';
  const worst = cells.reduce((least, one) => (one.interval.low < least.interval.low ? one : least));
  return worst.interval.low > 0.5 ? undefined : `AUC against ${worst.against} ${range(worst.interval, 2)}`;
}

const layerText = (layer: number | undefined): string => (layer === undefined ? '' : ` of layer ${layer}`);
