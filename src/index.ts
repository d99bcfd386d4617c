// The Node API. Importing it does no work; nothing here prints or exits.
export { exportRun, run, score, select, window } from './pipeline.js';
export type { DomainReport, RunHooks, RunSummary } from './pipeline.js';
export { parseSpec } from './spec.js';
export type { Spec, SpecInput } from './spec.js';
export { openModel, type ScoringModel } from './model/open.js';
export { loadRun } from './run/directory.js';
export { verifyScores, writeGolden, type VerifyOptions, type VerifyResult } from './stages/verify.js';
export { readScores, readSelection, readWindows } from './formats/arrow-reader.js';
export { openTokenizer, type Tokenizer } from './tokenizer/tokenizer.js';
export { windowStarts } from './windows/slide.js';
export { findScore, listScores, registerScore } from './scores/registry.js';
export { plainScore, type AttentionScore } from './scores/score.js';
export type { LayerView } from './scores/layer-view.js';
export { LongattnError, type ErrorKind } from './errors.js';
export type { OnProgress, ProgressEvent, StageName } from './events.js';
export type { Document, Reject, ScoreRow, SelectionRow, Window } from './records.js';
export type { NativeStats } from './native/binding.js';
export { version } from './version.js';
