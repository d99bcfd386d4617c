// Fit a blend on one half of the windows, and take it for the choice where it beats what else could be chosen on the other.
import type { Candidate } from './candidate.js';
import { NEVER_CHOSEN, type Judged } from './choose.js';
import { choicesOf, findingOf } from './finding-of.js';
import { fitBlend } from './fit/fit-blend.js';
import { gainProblem, pairProblem } from './fit/problem.js';
import type { Analysis } from './prepare-analysis.js';
import type { FitFinding } from './report.js';
import { difference, type Draws } from './resample.js';

/** A fitted blend as the report has it, and as a candidate where there is one. */
export interface Fitted {
  found: FitFinding;
  candidate: Candidate | undefined;
}

/**
 * A blend of what `select` can read at the first k, over all heads.
 * @param rivals it must beat each of them on the half that it has not seen
 * @returns undefined where none was asked for
 */
export function fitChoice(analysis: Analysis, rivals: readonly Judged[]): Fitted | undefined {
  const { input, cells, judges, refused, counting } = analysis;
  const { gains, ks, fit } = input;
  if (fit === 'none' || (fit === 'gain' && !gains)) return undefined;
  const { table } = cells.first;
  const judge = judges.second;
  const candidates = analysis.candidates.filter(
    ({ score, k = ks[0] }) => !NEVER_CHOSEN.has(score) && !score.startsWith('blend:') && k === ks[0],
  );
  const controls = fit === 'pairs' ? counting : [];
  const problem = fit === 'gain' ? gainProblem(table, gains!, refused) : pairProblem(table, controls, refused);
  const { candidate, ...numbers } = fitBlend(candidates, table, problem);
  const facts = { to: fit, controls: controls.map(({ name }) => name), ...numbers };
  if (!candidate) return { candidate, found: { ...facts, finding: null, against: [], chosen: false } };
  // What the choice is made by: the lift, or without losses the worst control.
  const drawsOf = (one: Candidate): Draws => (gains ? judge.numbersOnReals(one).lift!.nats : judge.numbers(one).worst!);
  const draws = drawsOf(candidate);
  const against = [...new Set(rivals.map((rival) => rival.candidate))].map((rival) => ({
    ...choicesOf(rival),
    difference: difference(draws, drawsOf(rival)),
  }));
  const finding = findingOf(candidate, null, { cells: cells.second, judge });
  const chosen = against.every(({ difference: { low } }) => low > 0);
  return { candidate, found: { ...facts, finding, against, chosen } };
}
