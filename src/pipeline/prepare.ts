// From options to an open run: merge what is given with what the run was started with, open model and tokenizer, plan the parts.
//
// An option that is not given keeps the run's value, so `select --output RUN --alpha 0` needs no input and no model.
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import { LongattnError, show } from '../base/errors.js';
import type { Hooks, ProgressEvent } from '../base/events.js';
import { openModelOfRun, startedWith, tokenizerOf, type ModelOfRun, type StartedWith } from './model-of-run.js';
import { requireLayersFor, requireModelFor } from './require-model.js';
import { canonicalJson, type JsonObject } from '../io/canonical-json.js';
import { findRun, isScored, ledgersOf, openRun, sweep, type Run } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import type { InputPart } from '../corpus/plan.js';
import { halfFor } from '../native/half.js';
import { freezePlan, loadPlan } from './plan-run.js';
import type { ModelDescription } from '../model/open-model.js';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';
import { removeLeftoverSegments } from '../scoring/score-part.js';
import { currentNames } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { parseSpec, type Spec } from '../options/spec.js';
import { fromStored, storedOptions } from '../options/stage-options.js';
import { RUN } from '../options/table.js';
import { version } from '../base/version.js';

/** An open run and all that its stages need. */
export interface Prepared {
  spec: Spec;
  run: Run;
  parts: InputPart[];
  /** Undefined in a run that is never scored. */
  model: ModelDescription | undefined;
  /** Undefined when the corpus has ready token ids. */
  tokenizer: Tokenizer | undefined;
}

/** What the scores stage needs. */
export type PreparedModel = Prepared & { model: ModelDescription };

/** So many tokens are named in a warning. */
const NAMED_TOKENS = 5;

/**
 * @param how `scores`: statistics will be computed by this process, so that a new run is not begun where it could not score
 * @throws LongattnError INVALID_OPTION, MISSING_OPTION, SPEC_CHANGED, ADDON_MISSING, TORCH_MISSING, and those of the model, the tokenizer and
 *   the inputs
 */
export async function prepare(
  raw: RunOptions,
  hooks: Hooks = {},
  { sweeps = true, scores: isScoredNow = false }: { sweeps?: boolean; scores?: boolean } = {},
): Promise<Prepared> {
  const { signal, onProgress } = hooks;
  const { spec, ...before } = await resolveSpec(raw);
  const { stored } = before;
  // A run that is there may be worked on without a score in mind.
  if (!stored) {
    requireModelFor(spec);
    requireLayersFor(spec);
  }
  const found = spec.model === undefined ? undefined : await openModelOfRun(spec.model, spec, before, hooks);
  const { model, id, commit }: Partial<ModelOfRun> = found ?? {};
  if (!stored && isScoredNow && model) halfFor(model.specText, spec.device);
  const reads = spec.idsField === undefined;
  const given = reads && spec.tokenizer !== undefined ? await tokenizerOf(spec.tokenizer, before, hooks) : undefined;
  const place = given?.place ?? found?.folder;
  // The same model under another path is the same model: a moved folder does not end a run.
  const sameModel = model && stored?.['revision'] === model.revision && pathOf(stored, 'model');
  const { specialTokens, maxDocument } = spec;
  const tokenizer =
    reads && place !== undefined ? await openTokenizer(place, { specialTokens, maxDocument }) : undefined;
  const { tokenizerPath, ...scores } = storedOptions('scores', spec);
  const sameTokenizer = tokenizer && tokenizer.sha256 === stored?.['tokenizer'];
  const beyond = tokenizer && model && beyondWarning(tokenizer, model);
  if (beyond) onProgress?.(beyond);
  for (const warning of tokenizer?.warnings ?? []) onProgress?.({ type: 'warning', ...warning });
  const run = await openRun(spec.output, {
    stages: {
      windows: { ...storedOptions('windows', spec), tokenizer: tokenizer?.sha256 ?? null },
      scores: {
        ...scores,
        ...(model && { revision: model.revision }),
        ...sameModel,
        ...(sameTokenizer ? pathOf(stored, 'tokenizerPath') : tokenizerPath !== undefined && { tokenizerPath }),
      },
    },
    versions: { longattn: version },
    ...(id !== undefined && commit !== undefined && { hub: { id, commit } }),
    ...(given?.id !== undefined &&
      given.commit !== undefined && { tokenizerHub: { id: given.id, commit: given.commit } }),
    root: process.cwd(),
    freeze: () => freezePlan(spec.output, spec, hooks),
    sweep: sweeps,
    signal,
  });
  return { spec, run, parts: await loadPlan(run, spec, signal), model, tokenizer };
}

/** As the run was started with it. */
function pathOf(stored: JsonObject | undefined, name: 'model' | 'tokenizerPath'): JsonObject {
  const typed = stored?.[name];
  return typed === undefined ? {} : { [name]: typed };
}

/** A text that holds one of these tokens is refused; so is known before a corpus is read. */
function beyondWarning(tokenizer: Tokenizer, model: ModelDescription): ProgressEvent | undefined {
  const tokens = tokenizer.addedTokens.filter(({ id }) => id >= model.vocabSize);
  const { vocabularySize } = tokenizer;
  // Ordinary ones too: a tokenizer of another model.
  if (vocabularySize - tokens.length > model.vocabSize) {
    return {
      type: 'warning',
      code: 'TOKENS_BEYOND_MODEL',
      message:
        `the tokenizer has ${vocabularySize} tokens, and the model has embeddings for ${model.vocabSize}: it is of another model. ` +
        'Documents whose text holds one of the others are refused. Give the tokenizer that the model was trained with.',
    };
  }
  if (tokens.length === 0) return undefined;
  const named = tokens.slice(0, NAMED_TOKENS).map(({ content }) => show(content));
  const rest = tokens.length > NAMED_TOKENS ? ` and ${tokens.length - NAMED_TOKENS} more` : '';
  return {
    type: 'warning',
    code: 'TOKENS_BEYOND_MODEL',
    message:
      `the tokenizer has ${tokens.length === 1 ? 'a token' : 'tokens'} that the model has no embedding for: ${named.join(', ')}${rest}. ` +
      'Documents whose text holds one are refused; with --special-tokens text they are read as plain text.',
  };
}

/** Merge the options of a run that exists under those that are given now. */
export async function resolveSpec(raw: RunOptions): Promise<StartedWith & { spec: Spec }> {
  const output = raw.output;
  if (typeof output !== 'string' || output === '') {
    throw new LongattnError('MISSING_OPTION', 'output is missing. It must be the path of the run directory.');
  }
  const found = await findRun(output);
  const started = await startedWith(found?.manifest ?? {});
  const { stored } = started;
  const kept = stored ? fromStored(stored) : {};
  const options = { ...kept, ...currentNames(RUN, { ...raw }) } as Partial<RunOptions>;
  if (!found && options.input === undefined) {
    throw new LongattnError(
      'MISSING_OPTION',
      `input is missing, and ${output} has no run to go on with (no run.json). Give the folder of a run, or input to start one: ${RUN.input.allowed}.`,
    );
  }
  const spec = withStoredRule(parseSpec(options as RunOptions), kept);
  if (stored && !isScored({ spec: stored }) && spec.model !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      `model must not be ${show(spec.model)} in ${output}: a run that was started without a model stays so. Start one with --model in another folder.`,
    );
  }
  return { spec, ...started };
}

/** `--k quarter` and the number that it stands for are one thing: a run keeps the one that it was started with. */
function withStoredRule(spec: Spec, { k, window }: Partial<RunOptions>): Spec {
  if (k === undefined || window !== spec.window) return spec;
  const stored = resolveDistance(k as DistanceRule, spec.window);
  return stored === spec.k ? { ...spec, kRule: k as DistanceRule } : spec;
}

/**
 * A run whose parts are all there and whose windows and scores nobody wants otherwise: neither inputs nor model are opened.
 * @returns undefined when something is left to do, or to refuse
 */
export async function openFinished(spec: Spec): Promise<Pick<Prepared, 'run' | 'parts'> | undefined> {
  const run = await findRun(spec.output);
  if (!run) return undefined;
  const given = { ...storedOptions('windows', spec), ...storedOptions('scores', spec) };
  if (canonicalJson(fromStored(given)) !== canonicalJson(fromStored(run.manifest.spec))) return undefined;
  const names = Array.from({ length: run.manifest.parts }, (_, part) => partName(part));
  for (const ledger of ledgersOf(run).reverse()) {
    for await (const { status } of ledger.inspectAll(names, 'size')) if (status !== 'done') return undefined;
  }
  await sweep(run);
  if (isScored(run.manifest)) await removeLeftoverSegments(run.scores);
  return { run, parts: await loadPlan(run, spec) };
}
