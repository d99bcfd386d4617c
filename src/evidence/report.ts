// What a validation found, as plain data: report.json is exactly this.
import type { Cell } from './cells.js';
import type { ControlFacts } from './cases.js';
import type { Interval } from './bootstrap.js';

/** A score with its choices made, and what it was found to tell apart. */
export interface Finding {
  score: string;
  /** Null for a score that needs no model. */
  layer: number | null;
  heads: 'all' | number[] | null;
  k: number | null;
  /** Mean of pooled AUCs (and of (1 + Spearman)/2) on the first half, by which the layer and k were chosen; null if not chosen. */
  objective: number | null;
  /** On the windows that the choice has not seen; on all windows where nothing was chosen. */
  tested: Cell[];
  /** CPU seconds a window; null where it was not measured. */
  seconds: number | null;
}

export interface EvidenceReport {
  format: 1;
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
  /** The best attention score with its heads chosen too. */
  choice: Finding;
  /** AUC of the choice on the first control when the labels are shuffled: must hold 0.5. */
  shuffled: Interval;
  /** Spearman between the findings on the real windows, pooled. */
  agreement: { scores: string[]; matrix: number[][] };
  /** AUC of the chosen score by layer (rows) and head (first column: the mean of all), one table a control. */
  map: { score: string; k: number | null; controls: { name: string; auc: number[][] }[] };
  /** CPU seconds a window of nll-gain; null where it was not measured. */
  yardstickSeconds: number | null;
  advice: string[];
}
