// What a validation found, as plain data: report.json is exactly this.
import type { Agreement } from './agreement.js';
import type { Cell } from './cells.js';
import type { ControlFacts } from './cases.js';
import type { Interval } from './bootstrap.js';
import type { ControlVerdict } from './counting-controls.js';
import type { Lift } from './lift.js';

/** A score with its choices made, and what it was found to tell apart. */
export interface Finding {
  score: string;
  /** Null for a score that needs no model, and for a blend that names the layers of its parts. */
  layer: number | null;
  heads: 'all' | number[] | null;
  k: number | null;
  /** Lift in nats on the first half (worst control that counts without losses), by which layer and k were chosen; null if not chosen, or fitted. */
  objective: number | null;
  /** What is kept over what there is; null without losses. On the windows of `tested`. */
  lift: Lift | null;
  /** On the windows that the choice has not seen; on all windows where nothing was chosen. */
  tested: Cell[];
  /** CPU seconds a window; null where it was not measured. */
  seconds: number | null;
}

/** Lift of a score on all windows, nothing chosen. */
export interface LiftRow {
  score: string;
  layer: number | null;
  pooled: Lift;
  domains: { domain: string; lift: Lift }[];
  /** CPU seconds a window; null where it was not measured. */
  seconds: number | null;
}

/** What a blend is fitted to: nll-gain by ridge regression, or pairs of real windows and controls by logistic regression. */
export type FitTarget = 'none' | 'gain' | 'pairs';

/** What `--fit` found: a blend fitted on the first half of the windows, and what it adds on the second. */
export interface FitFinding {
  to: Exclude<FitTarget, 'none'>;
  /** Whose pairs it was fitted to: those that count; none for nll-gain. */
  controls: string[];
  /** In the order in which they were taken; the absolute values of the weights add up to 1. */
  terms: { score: string; layer: number | null; weight: number }[];
  /** Of standardised columns; null without terms. */
  l2: number | null;
  /** Real windows that it was fitted on. */
  windows: number;
  /** Rows of the fit: pairs, or to nll-gain the windows themselves. */
  pairs: number;
  /** That the windows come from; near-duplicates of different documents count as one. */
  documents: number;
  /** Null where no term foretells anything. */
  finding: Finding | null;
  /** On the second half minus what is chosen without it, and minus the score that was highest on the first half: lift, else the worst control. */
  against: FitRival[];
  /** Whether all these differences lie above 0: then it is the choice. */
  chosen: boolean;
}

export interface FitRival extends Pick<Finding, 'score' | 'layer' | 'heads' | 'k'> {
  /** Nats a token (without losses AUC of the worst control that counts), on the same resamples. */
  difference: Interval;
}

/** What a step of cost buys: the best score of that step on one half of the windows, measured on the other. */
export interface FrontierPoint {
  /** Ours, the fitted blend, of others, or nll-gain itself, the most that can be had. */
  kind: 'ours' | 'fit' | 'peer' | 'yardstick';
  score: string;
  layer: number | null;
  lift: Lift;
  /** CPU seconds a window; null where it was not measured. */
  seconds: number | null;
}

export interface EvidenceReport {
  format: 2;
  model: {
    path: string;
    architecture: string;
    revision: string;
    layers: number[];
    heads: number;
    /** Positions that the model was made for; null where its config does not say. */
    maxPositions: number | null;
  };
  corpus: {
    input: unknown;
    window: number;
    /** Minimum distances asked for, tokens; the first is the one that was scored. */
    k: number[];
    seed: number;
    domains: { domain: string; windows: number; documents: number }[];
  };
  controls: (ControlFacts & { pairs: Record<string, number> })[];
  /** The paper's score as it is given: LDS of the lowest layer, all heads. */
  paper: Finding;
  /** The best layer and k of each score, best score first. */
  findings: Finding[];
  /** By lift, then the worst control that counts; of those that the resamples cannot part the cheapest. */
  choice: Finding;
  /** Null without `--fit`. */
  fit: FitFinding | null;
  /** Whether the choice says anything on windows that it was not made from. */
  tells: boolean;
  /** Which controls a choice is judged by, in the order of `controls`. */
  verdicts: (ControlVerdict & { control: string })[];
  /** Null without losses. Mean gain of all real windows, nats a token; the ceiling is the lift of nll-gain itself. */
  lift: { share: number; mean: Interval; ceiling: Lift; choiceOnAll: Lift } | null;
  lifts: LiftRow[];
  /** No model, then each layer, then the scores of others and nll-gain; empty without losses. */
  frontier: FrontierPoint[];
  /** Windows with a larger share inside a verbatim repeat are never kept; `refused` of the real ones here. */
  guard: { maxRepeats: number; tokens: number; refused: number };
  /** AUC of the choice on the first control when the labels are shuffled: must hold 0.5. */
  shuffled: Interval;
  /** Between the findings, on all real windows. */
  agreement: Agreement;
  /** AUC of the chosen score by layer (rows) and head (first column: the mean of all), one table a control. */
  map: { score: string; k: number | null; controls: { name: string; auc: number[][] }[] };
  /** CPU seconds a window of nll-gain; null where it was not measured. */
  yardstickSeconds: number | null;
  advice: string[];
}
