// The Node API. Importing it does no work; nothing here prints or exits.
export { exportRun, run, score, select, window } from './pipeline/pipeline.js';
export type { DomainReport, RunSummary } from './pipeline/pipeline.js';
export { parseSpec } from './options/spec.js';
export type { ChoiceOrigin, Spec } from './options/spec.js';
export type { ExportFormat, TokenReader } from './options/export-formats.js';
export type { InputPatterns, RunOptions, Share, Whole } from './options/run-options.js';
export { report, type ReportResult } from './report/report.js';
export { serve, type ServedPage } from './serve/serve.js';
export { stats, type DomainStats, type Histogram, type RunStats } from './report/stats.js';
export { show, type ShownWindow, type WindowNumber } from './report/show.js';
export { annotate, type AnnotateResult } from './annotate/annotate.js';
export type { AnnotatedFile } from './annotate/annotated-file.js';
export type { AnnotateOptions } from './options/annotate-options.js';
export type { ServeOptions } from './options/serve-options.js';
export type { ReportOptions } from './options/report-options.js';
export { validateRun as validate } from './evidence/validate-run.js';
export type { ValidateResult } from './evidence/write-report.js';
export type { Agreement } from './evidence/agreement.js';
export type {
  EvidenceReport,
  Finding,
  FitFinding,
  FitRival,
  FitTarget,
  FrontierPoint,
  LiftRow,
} from './evidence/report.js';
export type { Interval } from './evidence/bootstrap.js';
export type { ControlFacts } from './evidence/cases.js';
export type { Cell } from './evidence/cells.js';
export type { Direction } from './evidence/controls/control.js';
export type { Certificate } from './evidence/certificate.js';
export type { ControlVerdict } from './evidence/counting-controls.js';
export type { Lift } from './evidence/lift.js';
export type { ValidationOptions } from './options/validate-options.js';
export { openModel, type ScoringModel } from './scoring/open-model.js';
export type { OpenOptions } from './options/model-options.js';
export type { AttentionOptions } from './options/attention-options.js';
export { attention, type AttentionResult, type HeadAttention } from './attention/attention.js';
export { writeAttention } from './attention/attention-file.js';
export { check, type CheckedDomain, type CheckReport, type FilesAndBytes } from './pipeline/check.js';
export type { RejectGroup } from './pipeline/reject-groups.js';
export type { CheckOptions } from './options/check-options.js';
export { plan, type PlanSummary } from './pipeline/plan.js';
export type { FinishOptions, PlanOptions, WorkOptions } from './options/cluster-options.js';
export { work, type WorkHooks, type WorkSummary } from './pipeline/work.js';
export { status, type HeldLease, type RunStatus, type StageStatus } from './pipeline/status.js';
export { finish } from './pipeline/finish.js';
export type { FailedPart } from './run/failures.js';
export type { ConfigOverride } from './model/config-override.js';
export type { OpenModelOptions } from './model/open-model.js';
export type { ModelFolder } from './hub/model-folder.js';
export { resolveModel, type ResolveModelOptions } from './hub/resolve-model.js';
export type { HubOptions } from './hub/hub-client.js';
export type { KnownModel } from './hub/known-models.js';
export type { Sleep } from './hub/retry.js';
export { inspectModel, type ModelReport } from './model-tools/inspect-model.js';
export { extractModel, type Extract, type ExtractOptions } from './model-tools/extract-model.js';
export {
  fetchModel,
  type FetchedModel,
  type FetchModelHooks,
  type FetchModelOptions,
} from './model-tools/fetch-model.js';
export { setup, type SetupResult } from './setup/setup.js';
export type { SetupHooks } from './setup/hooks.js';
export type { SetupOptions } from './options/setup-options.js';
export { verify, writeGolden } from './verify/verify.js';
export type { RowName, VerifyResult } from './verify/verify-scores.js';
export type { Difference } from './verify/compare-row.js';
export type { VerifyOptions } from './options/verify-options.js';
export type { Columns, ColumnType, FixedList, TensorType } from './arrow/schema.js';
export type { Json, JsonObject } from './io/canonical-json.js';
export type { FileSystem } from './io/file-system.js';
export type { DistanceRule } from './base/distance.js';
export { readScores, readSelection, readWindows } from './arrow/reader.js';
export { openTokenizer, type AddedToken, type Tokenizer, type TokenizerOptions } from './tokenizer/tokenizer.js';
export type { TokenizerWarning } from './tokenizer/template.js';
export type { Encoded } from './tokenizer/encoded.js';
export { windowStarts } from './windows/slide.js';
export { findScore, listCountScores, listScores, registerScore } from './scores/registry.js';
export type { CountScore, CountScorer, CountSettings, CountWindow } from './scores/counts/count-score.js';
export { listTextScores, registerTextScore } from './scores/old-names.js';
export type { TextScore, TextScorer, TextSettings, TextWindow } from './scores/old-names.js';
export { standardize, type Standard } from './scores/standardize.js';
export { plainScore, type AttentionScore, type CombineSettings } from './scores/score.js';
export type { LayerStatistics, LayerView } from './scores/layer-view.js';
export { LongattnError } from './base/errors.js';
export type { ErrorCode, ErrorKind, WarningCode } from './base/error-codes.js';
export type { Hooks, OnProgress, ProgressEvent, StageName } from './base/events.js';
export type { Document, Reject, ScoreRow, SelectionRow, Window } from './base/records.js';
export type { NullModel } from './selection/select-windows.js';
export type { RefusedFile } from './run/refused-files.js';
export type { RemovalResult } from './selection/removal/report-removal.js';
export type { DomainRemoval, KeptOf, TextDifference } from './selection/removal/removal-report.js';
export type { AlwaysStored, KernelStatistics, Statistic, Statistics } from './base/statistics.js';
export type { NativeStats } from './native/binding.js';
export { version } from './base/version.js';
