// The model and the tokenizer of a run, where they lie now: given by the path or the name that the run was started with, it may be looked for elsewhere.
import path from 'node:path';
import { dataError, LongattnError } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import type { ModelFolder } from '../hub/model-folder.js';
import { resolveModel, type ResolveModelOptions } from '../hub/resolve-model.js';
import { resolveTokenizer, type TokenizerPlace } from '../hub/resolve-tokenizer.js';
import type { JsonObject } from '../io/canonical-json.js';
import { ifExists, nodeFileSystem } from '../io/file-system.js';
import { isPartOfModel, openModelFolder, type ModelDescription } from '../model/open-model.js';
import { modelOptions, type Spec } from '../options/spec.js';
import { rootOf, type Run } from '../run/directory.js';
import { requireChosenModel } from './choice-model.js';

/** What is known of a run before it is opened. */
export interface StartedWith {
  /** Options in run.json; undefined for a new run. */
  stored: JsonObject | undefined;
  hub: Run['manifest']['hub'];
  tokenizerHub: Run['manifest']['tokenizerHub'];
  /** The folder that relative paths are of. */
  root: string;
}

export interface ModelOfRun extends ModelFolder {
  model: ModelDescription;
}

/**
 * @param place spec.model
 * @throws LongattnError WINDOW_TOO_LONG, LOSS_UNAVAILABLE, CHOICE_OF_ANOTHER_MODEL, and those of the model
 */
export async function openModelOfRun(
  place: string,
  spec: Spec,
  started: StartedWith,
  hooks: Hooks,
): Promise<ModelOfRun> {
  const { configOverride } = spec;
  const needed = { layers: spec.layers, loss: spec.losses, configOverride };
  const found = await locate(place, needed, started, hooks);
  const model = await openModelFolder(found.folder, { ...needed, ...modelOptions(spec) }).catch((error: unknown) => {
    throw spec.losses ? withoutLosses(found.folder, error) : error;
  });
  if (model.maxLength !== undefined && spec.window > model.maxLength) {
    throw new LongattnError(
      'WINDOW_TOO_LONG',
      `window must not be ${spec.window}: this model is computed up to ${model.maxLength} tokens, where its positions or the rule for them end. Choose a --window of at most ${model.maxLength}.`,
    );
  }
  if (model.maxPositions !== undefined && spec.window > model.maxPositions && spec.ropeTheta === undefined) {
    hooks.onProgress?.({
      type: 'warning',
      code: 'WINDOW_BEYOND_MODEL',
      message: `windows of ${spec.window} tokens are longer than the ${model.maxPositions} positions that this model was made for: its attention there is extrapolation. Check with \`longattn validate\` what it can still tell apart.`,
    });
  }
  await requireChosenModel(spec, model);
  return { ...found, model };
}

/**
 * The folder of a run's model, for whoever looks at its windows again.
 * @param spec of that run, with its model
 * @throws LongattnError those of a model
 */
export async function modelFolderOf(spec: Spec, { manifest }: Run, hooks: Hooks = {}): Promise<string> {
  const { layers, configOverride } = spec;
  const started = await startedWith(manifest);
  return (await locate(spec.model!, { layers, configOverride }, started, hooks)).folder;
}

/**
 * Where the tokenizer lies that a run was given.
 * @param given spec.tokenizer
 * @throws LongattnError those of `resolveTokenizer`
 */
export async function tokenizerOf(
  given: string,
  { stored, tokenizerHub, root }: StartedWith,
  hooks: Hooks = {},
): Promise<TokenizerPlace> {
  const typed = await placeTyped(given, stored?.['tokenizerPath'], root);
  return resolveTokenizer(typed, pinnedCommit(given, tokenizerHub), hooks);
}

/** @param manifest of a run that is there; `{}` of a new one */
export async function startedWith(manifest: Partial<Run['manifest']>): Promise<StartedWith> {
  const { spec, hub, tokenizerHub } = manifest;
  return { stored: spec, hub, tokenizerHub, root: await rootOf(manifest) };
}

async function locate(
  place: string,
  needed: ResolveModelOptions,
  { stored, hub, root }: StartedWith,
  hooks: Hooks,
): Promise<ModelFolder> {
  const typed = await placeTyped(place, stored?.['model'], root);
  return resolveModel(typed, { ...needed, ...pinnedCommit(place, hub) }, hooks);
}

/** What was typed when the run was started, a model or a tokenizer, lies where the run was started. */
async function placeTyped(place: string, stored: unknown, root: string): Promise<string> {
  const there = path.resolve(root, place);
  if (stored !== place || !(await ifExists(nodeFileSystem.stat(there)).catch(() => undefined))) return place;
  return root === process.cwd() ? place : there;
}

/** A run that was started with a branch goes on with the commit that it stood for, on another machine too. */
function pinnedCommit(model: string, hub: Run['manifest']['hub']): { revision?: string } {
  return hub && model === hub.id ? { revision: hub.commit } : {};
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
