// A blend of a few scores that is fitted on one half of the windows, as a candidate that `select` can rank by.
//
// Its weights are those that its name spells, three decimals each: what is tested is what a run with that name does.
import { blend } from '../../scores/blend.js';
import type { Candidate } from '../candidate.js';
import type { CaseTable } from '../case-table.js';
import type { FitFinding } from '../report.js';
import { fitTerms } from './fit-terms.js';
import type { Problem } from './problem.js';

/** Of weights whose absolute values add up to 1: what is smaller is no part of a blend. */
const DECIMALS = 3;

export interface FittedBlend extends Pick<FitFinding, 'terms' | 'l2' | 'windows' | 'pairs' | 'documents'> {
  /** Undefined where no term foretells anything. */
  candidate: Candidate | undefined;
}

/**
 * @param candidates scores to take terms from: over all heads, at one k
 * @param table the half that is fitted
 */
export function fitBlend(candidates: readonly Candidate[], table: CaseTable, problem: Problem): FittedBlend {
  const usable = candidates.filter((candidate) => allFinite(candidate, table));
  const { regression, groups, fitted, reals } = problem;
  const found = fitTerms(regression, usable.map(problem.column), groups, fitted);
  const scale = found.weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const terms = found.terms.flatMap((term, at) => {
    const weight = Number((found.weights[at]! / scale).toFixed(DECIMALS));
    return weight === 0 ? [] : [{ candidate: usable[term]!, weight }];
  });
  return {
    candidate: terms.length === 0 ? undefined : fittedCandidate(terms),
    terms: terms.map(({ candidate: { score, layer = null }, weight }) => ({ score, layer, weight })),
    l2: terms.length === 0 ? null : found.l2,
    windows: new Set(fitted.map((at) => reals[at])).size,
    pairs: fitted.length,
    documents: new Set(fitted.map((at) => groups[at])).size,
  };
}

/** `blend:0.7*content@14+-0.3*gzip`, each score standardised over the windows that are looked at. */
function fittedCandidate(terms: readonly { candidate: Candidate; weight: number }[]): Candidate {
  const weights = terms.map(({ weight }) => weight);
  const parts = terms.map(({ candidate: { score, layer }, weight }) => {
    return `${weight}*${score}${layer === undefined ? '' : `@${layer}`}`;
  });
  const k = terms.find(({ candidate }) => candidate.k !== undefined)?.candidate.k;
  return {
    score: `blend:${parts.join('+')}`,
    ...(terms.some(({ candidate }) => candidate.layer !== undefined) && { heads: 'all' as const }),
    ...(k !== undefined && { k }),
    values: (rows) =>
      blend(
        terms.map(({ candidate }) => candidate.values(rows)),
        weights,
      ),
  };
}

/** Also of the controls, which the blend will be tested on. */
function allFinite(candidate: Candidate, table: CaseTable): boolean {
  return table.domains.every((domain) => {
    const rows = table.cases.flatMap((one, row) => (one.domain === domain ? [row] : []));
    return candidate.values(Int32Array.from(rows)).every(Number.isFinite);
  });
}
