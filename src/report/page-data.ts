// What the files of a page hold. Written by src/report, read by explorer/: types alone, so that it weighs nothing there.
//
// Columns are little-endian typed arrays, one value a window in the order of the run.
import type { Bins } from './bins.js';

/** How a column lies in its file. */
export type ColumnKind = 'f64' | 'i32' | 'u32' | 'u16' | 'u8';

/** A score that the page can rank by. */
export interface PageScore {
  /** As it was asked for: `longattn`, `content@17`. */
  name: string;
  formula: string;
  /** `lds`: from DS and DU, so that alpha is free. `value`: one number a window, as `select` gives it. */
  kind: 'lds' | 'value';
  /** Of an LDS: how a domain is standardised. */
  std: 'zscore' | 'minmax';
  /** The alpha that a value was made with. */
  alpha: number;
  /** Names of the columns: DS and DU, or the value. */
  columns: string[];
  /** Options of `longattn select` that rank by it. */
  flags: string[];
  /** Of the guard against repeats, where nobody asks for another. */
  maxRepeats: number;
  /** With evidence: what it says of this score. */
  verdict?: PageVerdict;
}

export interface PageVerdict {
  /** `nothing`: it was not looked at. */
  says: 'yes' | 'no' | 'nothing';
  why: string;
}

/** Of each head over the windows of a domain. */
export interface PageHeads {
  mean: number[];
  /** Standard deviation. */
  std: number[];
}

/** A histogram of each domain: a column and what is said of it. */
export interface PageColumn {
  column: string;
  label: string;
  /** The value of uniform attention, a rule in the histogram. */
  null?: number;
}

export interface PageSettings {
  alpha: number;
  keep?: number;
  keepTokens?: number;
  quota?: Record<string, number>;
  maxOverlap: number;
  maxPerDocument?: number;
  maxRepeats: number;
  temperature?: number;
}

/** Where a text lies, or why it is not there. */
export interface PageTexts {
  /** Windows whose text is in the folder. */
  stored: number;
  /** Of the windows of the run. */
  windows: number;
  /** Windows a domain that were asked for. */
  perDomain: number;
  /** Why there are fewer. */
  note?: string;
}

export interface PageMeta {
  format: 1;
  version: string;
  /** The run directory as it was named. */
  run: string;
  windows: number;
  /** Tokens of a window. */
  window: number;
  k?: number;
  layer?: number;
  model?: string;
  domains: string[];
  reasons: string[];
  /** The first is that of the selection. */
  scores: PageScore[];
  columns: PageColumn[];
  settings: PageSettings;
  /** False where no share of repeats could be had: the guard is then not offered. */
  repeats: boolean;
  texts: PageTexts;
  /** Why the texts have no heat, and the command that gives it. Absent: they have. */
  noHeat?: string;
  /** DS of each head over all windows, a domain each. */
  heads?: PageHeads[];
  /** Ids and sources come in files of so many windows. */
  idRows: number;
  compare?: PageCompare;
  /** There are files `evidence`, a PageEvidence, and `controls`, a PageControlTexts. */
  evidence?: true;
  /** Only in a page of `longattn serve`: what it can be asked for besides. */
  served?: PageServed;
}

/** What the first picture shows of each domain, without any column. */
export interface PageOverview {
  domains: PageDomain[];
}

export interface PageDomain {
  windows: number;
  kept: number;
  /** Score of the last kept window; null where none is. */
  cut: number | null;
  /** By column, the score among them; none where no value is a number. */
  bins: Record<string, Bins>;
}

export interface PageServed {
  /** Layers whose attention can be looked at; none in a run without a model. */
  layers: number[] | 'all';
}

export interface PageInterval {
  value: number;
  low: number;
  high: number;
}

/** Of what is kept over all: a ratio (null where the mean of all may be 0), and nats a token. */
export interface PageLift {
  ratio: PageInterval | null;
  nats: PageInterval;
  kept: number;
}

/** A score, and what it was found to tell apart. */
export interface PageFinding {
  score: string;
  layer: number | null;
  heads: 'all' | number[] | null;
  k: number | null;
  /** Null without losses. */
  lift: PageLift | null;
  tested: { metric: string; against: string; interval: PageInterval }[];
}

/** Of the report.json of a validation, what is shown. */
export interface PageEvidence {
  format: 2;
  model: { path: string; architecture: string; layers: number[] };
  corpus: { window: number; k: number[]; domains: { domain: string; windows: number }[] };
  controls: { name: string; how: string; notes: string[]; pairs: Record<string, number> }[];
  paper: PageFinding;
  choice: PageFinding;
  /** The best layer and k of each score, best score first. */
  findings: PageFinding[];
  verdicts: { control: string; counts: boolean }[];
  lift: { share: number; ceiling: PageLift; choiceOnAll: PageLift } | null;
  lifts: { score: string; layer: number | null; pooled: PageLift }[];
  /** AUC by layer (rows) and head (the first column: all heads). */
  map: { score: string; k: number | null; controls: { name: string; auc: (number | null)[][] }[] };
  /** Whether the choice says anything on windows that it was not made from. */
  tells: boolean;
  advice: string[];
}

/** Windows of a validation beside what its controls make of them. */
export interface PageControlTexts {
  /** Of each, so many tokens from its beginning. */
  tokens: number;
  pairs: { control: string; id: string; domain: string; real: string; made: string }[];
  /** Why there are none. */
  note?: string;
}

/** What a selection at other settings would be. Numbers in base64. */
export interface PageChoice {
  formula: string;
  layer?: number;
  k?: number;
  reasons: string[];
  /** int32, 1 = best of the domain; uint8, index into the reasons, 0 where kept; float64, what was ranked by. */
  rank: string;
  reason: string;
  values: string;
  /** Score of the last kept window of each domain; null where none is. */
  cuts: (number | null)[];
}

/** Attention of a window: a map or a row, float32 in base64. */
export interface PageAttention {
  /** L. */
  tokens: number;
  /** B; 0 with a row. */
  blocks: number;
  /** B x B, row-major: mean attention of a block of queries to a block of keys. */
  map?: string;
  /** Of one query, to the keys up to itself. */
  row?: string;
}

/** Far mass of each token, float32 in base64. */
export interface PageHeat {
  heat: string;
}

/** In place of what was asked for. */
export interface PageError {
  error: string;
  code: string;
}

/** The other selection of the same windows: columns `against_rank` (0: it lacks the window), `against_kept` and `against_score`. */
export interface PageCompare {
  name: string;
  score: string;
  /** Windows that only one of the two has. */
  missing: number;
}

/** One window with its text. */
export interface PageText {
  row: number;
  text: string;
  /** Document's name, its row in the file, and the characters of the document that the window covers. */
  source: string;
  docId: string;
  charStart: number;
  charEnd: number;
  tokenStart: number;
  /** DS of each head. */
  heads?: number[];
  /** Base64 of int32: where each token begins in the text (UTF-16 units), and the end. */
  offsets?: string;
  /** Base64 of float32: far mass of each token. */
  heat?: string;
}
