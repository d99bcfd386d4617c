// From options to an open run: merge what is given with what the run was started with, open model and tokenizer, plan the parts.
//
// An option that is not given keeps the run's value, so `select --output RUN --alpha 0` needs no input and no model.
import path from 'node:path';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import { dataError, LongattnError, show } from '../base/errors.js';
import type { Hooks, ProgressEvent } from '../base/events.js';
import { requireChosenModel } from './choice-model.js';
import { resolveModel } from '../hub/resolve-model.js';
import { ifExists, nodeFileSystem } from '../io/file-system.js';
import { canonicalJson, type JsonObject } from '../io/canonical-json.js';
import { findRun, openRun, rootOf, sweep, type Run } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import type { InputPart } from '../corpus/plan.js';
import { freezePlan, loadPlan } from './plan-run.js';
import { isPartOfModel, openModelFolder, type ModelDescription } from '../model/open-model.js';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';
import { removeLeftoverSegments } from '../scoring/score-part.js';
import { currentNames } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { modelOptions, parseSpec, type Spec } from '../options/spec.js';
import { fromStored, storedOptions } from '../options/stage-options.js';
import { RUN } from '../options/table.js';
import { version } from '../base/version.js';

/** An open run and all that its stages need. */
export interface Prepared {
  spec: Spec;
  run: Run;
  parts: InputPart[];
  model: ModelDescription;
  /** Undefined when the corpus has ready token ids. */
  tokenizer: Tokenizer | undefined;
}

/** So many tokens are named in a warning. */
const NAMED_TOKENS = 5;

/**
 * @throws LongattnError INVALID_OPTION, MISSING_OPTION, SPEC_CHANGED, and those of the model, the tokenizer and the inputs
 */
export async function prepare(
  raw: RunOptions,
  hooks: Hooks = {},
  { sweeps = true }: { sweeps?: boolean } = {},
): Promise<Prepared> {
  const { signal, onProgress } = hooks;
  const { spec, stored, hub, root } = await resolveSpec(raw);
  const { configOverride } = spec;
  const needed = { layers: spec.layers, loss: spec.losses, configOverride };
  const place = await placeOfModel(spec.model, stored, root);
  const found = await resolveModel(place, { ...needed, ...pinnedCommit(spec.model, hub) }, hooks);
  const { folder, id, commit } = found;
  const model = await openModelFolder(folder, { ...needed, ...modelOptions(spec) }).catch((error: unknown) => {
    throw spec.losses ? withoutLosses(folder, error) : error;
  });
  if (model.maxLength !== undefined && spec.window > model.maxLength) {
    throw new LongattnError(
      'WINDOW_TOO_LONG',
      `window must not be ${spec.window}: this model is computed up to ${model.maxLength} tokens, where its positions or the rule for them end. Choose a --window of at most ${model.maxLength}.`,
    );
  }
  if (model.maxPositions !== undefined && spec.window > model.maxPositions && spec.ropeTheta === undefined) {
    onProgress?.({
      type: 'warning',
      code: 'WINDOW_BEYOND_MODEL',
      message: `windows of ${spec.window} tokens are longer than the ${model.maxPositions} positions that this model was made for: its attention there is extrapolation. Check with \`longattn validate\` what it can still tell apart.`,
    });
  }
  await requireChosenModel(spec, model);
  // The same model under another path is the same model: a moved folder does not end a run.
  const sameModel = stored !== undefined && stored['revision'] === model.revision;
  const { specialTokens, maxDocument } = spec;
  const tokenizer = spec.idsField ? undefined : await openTokenizer(folder, { specialTokens, maxDocument });
  const beyond = tokenizer && beyondWarning(tokenizer, model);
  if (beyond) onProgress?.(beyond);
  for (const warning of tokenizer?.warnings ?? []) onProgress?.({ type: 'warning', ...warning });
  const run = await openRun(spec.output, {
    stages: {
      windows: { ...storedOptions('windows', spec), tokenizer: tokenizer?.sha256 ?? null },
      scores: {
        ...storedOptions('scores', spec),
        revision: model.revision,
        ...(sameModel && stored['model'] !== undefined ? { model: stored['model'] } : {}),
      },
    },
    versions: { longattn: version },
    ...(id !== undefined && commit !== undefined && { hub: { id, commit } }),
    root: process.cwd(),
    freeze: () => freezePlan(spec.output, spec, hooks),
    sweep: sweeps,
    signal,
  });
  return { spec, run, parts: await loadPlan(run, spec, signal), model, tokenizer };
}

/** The model as it was typed when the run was started lies where the run was started. */
async function placeOfModel(model: string, stored: JsonObject | undefined, root: string): Promise<string> {
  const there = path.resolve(root, model);
  if (stored?.['model'] !== model || !(await ifExists(nodeFileSystem.stat(there)).catch(() => undefined))) return model;
  return root === process.cwd() ? model : there;
}

/** A text that holds one of these tokens is refused; so is known before a corpus is read. */
function beyondWarning(tokenizer: Tokenizer, model: ModelDescription): ProgressEvent | undefined {
  const tokens = tokenizer.addedTokens.filter(({ id }) => id >= model.vocabSize);
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
export async function resolveSpec(
  raw: RunOptions,
): Promise<{ spec: Spec; stored: JsonObject | undefined; hub: Run['manifest']['hub']; root: string }> {
  const output = raw.output;
  if (typeof output !== 'string' || output === '') {
    throw new LongattnError('MISSING_OPTION', 'output is missing. It must be the path of the run directory.');
  }
  const found = await findRun(output);
  const { spec: stored, hub } = found?.manifest ?? {};
  const kept = stored ? fromStored(stored) : {};
  const options: object = { ...kept, ...currentNames(RUN, { ...raw }) };
  return {
    spec: withStoredRule(parseSpec(options as RunOptions), kept),
    stored,
    hub,
    root: await rootOf(found?.manifest ?? {}),
  };
}

/** `--k quarter` and the number that it stands for are one thing: a run keeps the one that it was started with. */
function withStoredRule(spec: Spec, { k, window }: Partial<RunOptions>): Spec {
  if (k === undefined || window !== spec.window) return spec;
  const stored = resolveDistance(k as DistanceRule, spec.window);
  return stored === spec.k ? { ...spec, kRule: k as DistanceRule } : spec;
}

/** A run that was started with a branch goes on with the commit that it stood for, on another machine too. */
function pinnedCommit(model: string, hub: Run['manifest']['hub']): { revision?: string } {
  return hub && model === hub.id ? { revision: hub.commit } : {};
}

/**
 * A run whose scores are all there and whose windows and scores nobody wants otherwise: neither inputs nor model are opened.
 * @returns undefined when something is left to do, or to refuse
 */
export async function openFinished(spec: Spec): Promise<Pick<Prepared, 'run' | 'parts'> | undefined> {
  const run = await findRun(spec.output);
  if (!run) return undefined;
  const given = { ...storedOptions('windows', spec), ...storedOptions('scores', spec) };
  if (canonicalJson(fromStored(given)) !== canonicalJson(fromStored(run.manifest.spec))) return undefined;
  const names = Array.from({ length: run.manifest.parts }, (_, part) => partName(part));
  for (const ledger of [run.scores, run.windows]) {
    for await (const { status } of ledger.inspectAll(names, 'size')) if (status !== 'done') return undefined;
  }
  await sweep(run);
  await removeLeftoverSegments(run.scores);
  return { run, parts: await loadPlan(run, spec) };
}

/** The extract of a layer is no broken download, and its missing tensors are no news. */
function withoutLosses(folder: string, error: unknown): unknown {
  if (!isPartOfModel(error)) return error;
  return dataError(
    'LOSS_UNAVAILABLE',
    `losses needs the whole model, and ${folder} holds a part of it. Leave --losses out, or give the whole model, such as the one of \`longattn model fetch smollm2-135m\`.`,
    error,
  );
}
