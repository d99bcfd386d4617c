// From values to findings: the best of each score, a choice that was tested on unseen windows, and what stands beside them in a report.
import { findScore } from '../scores/registry.js';
import { attentionTerms, resolveScore } from '../scores/resolve.js';
import { DEFAULT_MAX_REPEATS, REPEAT_TOKENS } from '../selection/guards/repeats-limit.js';
import { agreementOf } from './agreement.js';
import { attentionCandidate, measuredCandidate, type Candidate } from './candidate.js';
import { candidateCost } from './candidate-cost.js';
import { NLL_GAIN } from './cells.js';
import { bestOfEachScore, chooseHeads, judged, NEVER_CHOSEN, objectiveOf, type Judged } from './choose.js';
import { decide, tells } from './decide.js';
import { findingOf } from './finding-of.js';
import { fitChoice } from './fit-choice.js';
import type { Analysis } from './prepare-analysis.js';
import type { EvidenceReport } from './report.js';
import { shuffledLabels } from './self-check.js';
import { frontierOf, liftRows } from './worth.js';

export type Findings = Pick<
  EvidenceReport,
  | 'paper'
  | 'findings'
  | 'choice'
  | 'fit'
  | 'tells'
  | 'verdicts'
  | 'lift'
  | 'lifts'
  | 'frontier'
  | 'guard'
  | 'shuffled'
  | 'agreement'
  | 'map'
>;

export function findingsOf(analysis: Analysis): Findings {
  const { input, cells, judges, share, refused } = analysis;
  const { layers, settings, ks, window, gains, table, seed } = input;
  const whole = { cells: cells.whole, judge: judges.whole };
  const second = { cells: cells.second, judge: judges.second };
  const all = analysis.candidates.map((candidate) =>
    judged(candidate, candidateCost(candidate, window), judges.first.numbers(candidate)),
  );
  const best = bestOfEachScore(all);
  const selectable = all.filter(({ candidate }) => !NEVER_CHOSEN.has(candidate.score));
  const decided = decide(selectable) as Judged;
  const rows = layers.get(decided.candidate.layer ?? -1);
  const plain = rows && !decided.candidate.score.startsWith('blend:');
  const single = plain ? chooseHeads(decided, rows, settings, judges.first) : decided;
  const fitted = fitChoice(analysis, [single, bestOfEachScore(selectable)[0]!]);
  const blended = fitted?.found.chosen ? fitted.candidate : undefined;
  const choice = blended ? judged(blended, 0, judges.first.numbers(blended)) : single;
  const [lowest, lowestRows] = [...layers][0]!;
  const view = { layer: lowest, heads: 'all', k: ks[0]! } as const;
  const paper = attentionCandidate(findScore('longattn'), lowestRows, view, settings);
  const unseen = judges.second.numbers(choice.candidate);
  const { above, below } = cells.whole.pooled(choice.candidate, table.controls[0]!);
  const finite = (side: Float64Array): Float64Array => side.map((value) => Math.max(value, -Number.MAX_VALUE));
  return {
    paper: findingOf(paper, null, whole),
    findings: best.map((one) => findingOf(one.candidate, objectiveOf(one), second)),
    choice: findingOf(choice.candidate, blended ? null : objectiveOf(choice), second),
    fit: fitted?.found ?? null,
    tells: tells({ lift: unseen.lift?.nats, worst: unseen.worst }),
    verdicts: table.controls.map(({ name }, at) => ({ control: name, ...analysis.verdicts[at]! })),
    lift: gains
      ? {
          share,
          mean: judges.whole.mean()!,
          ceiling: judges.whole.lift(measuredCandidate(NLL_GAIN, gains))!,
          choiceOnAll: judges.whole.lift(choice.candidate)!,
        }
      : null,
    lifts: liftRows(analysis),
    frontier: frontierOf(
      analysis,
      all.filter(({ candidate }) => candidate.score !== 'random'),
      fitted?.candidate,
    ),
    guard: { maxRepeats: DEFAULT_MAX_REPEATS, tokens: REPEAT_TOKENS, refused: refusedReals(analysis) },
    shuffled: shuffledLabels(finite(above), finite(below), seed),
    agreement: agreementOf(
      [...best.map(({ candidate }) => candidate), ...analysis.onReals],
      cells.whole,
      refused,
      share,
    ),
    map: headMap(analysis, choice.candidate, paper),
  };
}

function refusedReals({ input: { table }, refused }: Analysis): number {
  return table.domains.reduce(
    (sum, domain) => sum + table.reals(domain).reduce((count, row) => count + refused[row]!, 0),
    0,
  );
}

/** Of the first score of attention in the choice; without one of content, what a layer sees far back. */
function headMap({ input, cells }: Analysis, chosen: Candidate, paper: Candidate): Findings['map'] {
  const { layers, table, settings, ks } = input;
  const score = attentionTerms(resolveScore(chosen.score))[0]?.score ?? findScore('content');
  const k = chosen.k ?? paper.k ?? ks[0]!;
  const controls = table.controls.map((control) => ({
    name: control.name,
    auc: [...layers].map(([layer, rows]) => {
      const single = score.ignoresHeads ? [] : Array.from(rows[0]!.ds, (_, head) => [head]);
      return (['all', ...single] as const).map((heads) =>
        cells.whole.pooledAuc(attentionCandidate(score, rows, { layer, heads, k }, settings), control),
      );
    }),
  }));
  return { score: score.name, k: score.ignoresK ? null : k, controls };
}
