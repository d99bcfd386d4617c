// What a validation is told: the corpus as windows, the model as functions, and what to compare.
import type { OnProgress } from '../base/events.js';
import type { ModelDescription } from '../model/open-model.js';
import type { Window } from '../base/records.js';
import type { CombineSettings } from '../scores/score.js';
import type { ScoreWindows } from '../scoring/score-batch.js';
import type { WindowLosses } from './losses.js';
import type { FitTarget } from './report.js';
import type { PeerName, WindowMaps } from './peers/peers.js';

/** Of which windows the loss is measured: none; the real ones and eight of each control; or all. */
export type LossScope = 'none' | 'real' | 'all';

export interface ValidateOptions {
  /** Folder of the evidence. */
  dir: string;
  /** All windows of the corpus, all of `window` tokens; called up to twice. */
  windows: () => AsyncIterable<Window>;
  model: Pick<
    ModelDescription,
    'path' | 'architecture' | 'revision' | 'heads' | 'vocabSize' | 'layers' | 'maxPositions'
  >;
  /** W, in tokens. */
  window: number;
  /** Minimum distances, tokens, edges floor(j*W/32); the first is scored exactly. */
  ks: readonly number[];
  /** Also the far mass of each token, for the scores that need it. */
  tokens: boolean;
  /** Real windows a domain, at most. */
  perDomain: number;
  /** Names of controls; default all. */
  controls?: readonly string[];
  loss: LossScope;
  /** Share of the windows that a selection would keep, 0..1. */
  keep: number;
  seed: number;
  settings: CombineSettings;
  ropeTheta?: number | undefined;
  configOverride?: Readonly<Record<string, unknown>> | undefined;
  /** Of the products where layers are run. Default: float32. */
  dtype?: 'float32' | 'weights';
  /** Of the model when these layers alone are opened, as a run with the choice does. */
  revisionOf: (layers: readonly number[]) => Promise<string>;
  /** As the user named the corpus; for the report. */
  input: unknown;
  /** What decides the windows: hash of the windows stage. */
  windowsHash: string;
  batch: number;
  /** Unless `loss` is none it is asked for losses too. */
  openScorer: () => Promise<ScoreWindows>;
  /** Needed for prolong. */
  openLosses?: () => Promise<WindowLosses>;
  /** Also fit a blend: to nll-gain, which needs the losses, or to pairs; default none. */
  fit?: FitTarget;
  /** Scores of others to measure too; default none. */
  peers?: readonly PeerName[];
  /** Needed for ladm. */
  openMaps?: () => Promise<WindowMaps>;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}
