// Opens a Hugging Face folder: reads config.json and tensor headers, and describes the model for the native core and for people.
//
// Only what the asked layers need is looked for. Layer 0 alone needs the embedding, the first norm and the projections to Q and K;
// a layer above needs the layers below it in full.
import { join, resolve } from 'node:path';
import { dataError, LongattnError } from '../base/errors.js';
import { requireDownloaded } from './range-ledger.js';
import { Checkpoint, type LocatedTensor } from './checkpoint.js';
import { readConfig, type ConfigReader } from './config-reader.js';
import { requireRead, withOverride, type ConfigOverride } from './config-override.js';
import { fingerprint } from './fingerprint.js';
import { isKnownUnread } from './inert-keys.js';
import { bytesRead, placeTensors, tensorName } from './place-tensors.js';
import { candidates, type Settings, type TensorRef, type Tensors } from './plan.js';
import { isCompanion, scaleNames } from './quantization.js';
import { checkLayers, extentOf, resolveConfig, type Extent, type ResolvedModel } from './resolve-config.js';
import { specText, type PlacedTensor } from './spec-text.js';
import { refuseUnknownAround, refuseUnknownInLayer } from './unknown-tensors.js';

export interface OpenModelOptions {
  /** Layers whose attention will be asked for, from 0. Default: [0]. */
  layers?: readonly number[] | 'all';
  /** Replaces the model's rotary base, in every layer. */
  ropeTheta?: number;
  /** Values in place of those of config.json, by dotted path. */
  configOverride?: ConfigOverride | undefined;
  /** The language model's head will be used: everything is needed. Default: false. */
  loss?: boolean;
  /**
   * What products with weights are computed in where layers are run: float32, or the type that the weights are stored in (half the
   * memory, and the speed of the CPU's bfloat16). Layer 0 alone is float32 in any case. Default: float32.
   */
  dtype?: 'float32' | 'weights';
}

/** An opened model: facts, and the text that the native core opens. */
export interface ModelDescription {
  /** Absolute path of the folder. */
  path: string;
  /** `model_type` of its config. */
  architecture: string;
  /** The layers asked for, ascending, each once. */
  layers: readonly number[];
  layerCount: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  hiddenSize: number;
  vocabSize: number;
  /** Positions that the model was made for; longer windows are extrapolation. Undefined where the config does not say. */
  maxPositions: number | undefined;
  /** Longest window that can be computed at all (learned positions, queries scaled by position); undefined: no such limit. */
  maxLength: number | undefined;
  /** Sliding window of every layer of the model, asked for or not; 0: full attention. */
  slidingWindows: readonly number[];
  /** Keys of config.json, outside of objects in it, that are neither read nor known to change nothing. */
  unknownKeys: readonly string[];
  /** As it was asked for. */
  configOverride: ConfigOverride | undefined;
  /** Dtypes of the tensors that will be read, e.g. `BF16` or `BF16+F32`. */
  dtype: string;
  /** Settings of the whole model and of the first asked layer, by the keys of docs/model-spec.md, for metadata. */
  settings: Readonly<Settings>;
  /** Bytes of weights that the asked layers need. */
  bytes: number;
  /** Where the needed tensors lie. `offset` and `bytes` are of the whole tensor in its file. */
  tensors: readonly LocatedTensor[];
  /** sha256 over settings, shapes and samples of the needed tensors: equal for equal models, wherever they lie. */
  revision: string;
  /** What the native core opens. */
  specText: string;
}

/**
 * Open a folder with config.json and safetensors.
 * @throws LongattnError of kind `data` (UNKNOWN_ARCHITECTURE, CONFIG_INVALID, MODEL_QUANTIZED, MODEL_NOT_FOUND, PICKLE_ONLY,
 *   SAFETENSORS_INVALID, INDEX_INVALID, TENSOR_MISSING, TENSOR_SHAPE, TENSOR_DTYPE, TENSOR_UNKNOWN), INVALID_OPTION for a layer that the model does not have or an
 *   override that it does not read, or
 *   MODEL_INCOMPLETE where tensors were not downloaded
 */
export async function openModelFolder(folder: string, options: OpenModelOptions = {}): Promise<ModelDescription> {
  const plan = await planTensors(folder, options);
  const { extent } = plan;
  checkUnknownTensors(plan);
  const tensors = await place(plan);
  await requireDownloaded(storedTensors(tensors));
  return { ...describe(plan, tensors, options), revision: await fingerprint(extent.globals, extent.layers, tensors) };
}

/** What config.json and tensor headers say, as `openModelFolder`, without reading any tensor: they may not be there yet. */
export async function describeModelFolder(
  folder: string,
  options: OpenModelOptions = {},
): Promise<Omit<ModelDescription, 'revision'>> {
  const plan = await planTensors(folder, options);
  const tensors = await place(plan);
  return describe(plan, tensors, options);
}

/** Names of the weight files that the asked layers need, from config.json and the index alone: they may not be there yet. */
export async function neededWeightFiles(folder: string, options: OpenModelOptions = {}): Promise<string[]> {
  const { checkpoint, prefix, extent, model } = await planTensors(folder, options);
  const files = Object.values(extent.tensors)
    .map((ref) => tensorName(ref, prefix))
    .flatMap((name) => [name, ...scaleNames(name, model.quantization)])
    .map((name) => checkpoint.fileOf(name));
  return [...new Set(files.filter((file) => file !== undefined))].sort();
}

interface TensorPlan {
  path: string;
  config: ConfigReader;
  model: ResolvedModel;
  layers: number[];
  extent: Extent;
  checkpoint: Checkpoint;
  /** Start of the decoder's tensor names. */
  prefix: string;
}

async function planTensors(folder: string, options: OpenModelOptions): Promise<TensorPlan> {
  const path = resolve(folder);
  const { ropeTheta, configOverride } = options;
  const given = await readConfig(join(path, 'config.json'));
  const config = configOverride ? withOverride(given, configOverride) : given;
  const model = resolveConfig(config, ropeTheta);
  if (configOverride) requireRead(config, configOverride, config.text('model_type'));
  const layers = checkLayers(options.layers ?? [0], model.sizes.layers);
  const extent = extentOf(model, layers, options.loss ?? false);
  const checkpoint = await Checkpoint.open(path);
  const prefix = findPrefix(model, checkpoint);
  const tensors = savedInstead(extent.tensors, checkpoint, prefix);
  return { path, config, model, layers, extent: { ...extent, tensors }, checkpoint, prefix };
}

function place({ checkpoint, prefix, extent, config, model }: TensorPlan): Promise<PlacedTensor[]> {
  return placeTensors(checkpoint, prefix, extent.tensors, config.path, model.quantization);
}

/** The tensors and their scales, as they lie in files. */
function storedTensors(tensors: readonly PlacedTensor[]): LocatedTensor[] {
  return tensors.flatMap(({ located, scale }) => (scale ? [located, scale.located] : [located]));
}

function describe(
  plan: TensorPlan,
  tensors: readonly PlacedTensor[],
  options: OpenModelOptions,
): Omit<ModelDescription, 'revision'> {
  const { path, config, model, layers, extent } = plan;
  const { sizes } = model;
  const globals = { ...extent.globals, ...(extent.runs && { 'forward.dtype': forwardDtype(tensors, options) }) };
  return {
    path,
    architecture: config.text('model_type'),
    layers,
    layerCount: sizes.layers,
    heads: sizes.heads,
    kvHeads: sizes.kvHeads,
    headDim: sizes.headDim,
    hiddenSize: sizes.hidden,
    vocabSize: sizes.vocab,
    maxPositions: sizes.maxPositions,
    maxLength: maxLength(model),
    slidingWindows: slidingWindows(model),
    unknownKeys: unknownKeys(config),
    configOverride: options.configOverride,
    dtype: [...new Set(tensors.map(({ located }) => located.dtype))].sort().join('+'),
    settings: { ...globals, ...extent.layers[layers[0]!] },
    bytes: bytesRead(tensors),
    tensors: storedTensors(tensors),
    specText: specText(globals, extent.layers, tensors),
  };
}

/**
 * Refuse layers that cannot see as far as `k`: the far mass of a sliding layer whose window is at most k is exactly 0.
 * @throws LongattnError LAYER_CANNOT_SEE_FAR naming a layer with full attention
 */
export function checkReach(model: ModelDescription, k: number): void {
  for (const layer of model.layers) {
    const window = model.slidingWindows[layer]!;
    if (window === 0 || window > k) continue;
    const full = model.slidingWindows.flatMap((size, index) => (size === 0 || size > k ? [index] : []));
    const instead =
      full.length > 0
        ? `Choose a layer that sees farther (${full.slice(0, 8).join(', ')}), or a k below ${window}.`
        : `No layer of this model sees farther: choose a k below ${window}.`;
    throw dataError(
      'LAYER_CANNOT_SEE_FAR',
      `layer ${layer} of this model sees only the last ${window} tokens, so that its attention at distance ${k} or more is exactly 0. ${instead}`,
    );
  }
}

/** What a part of a model lacks: a tensor, the bytes of one (a partial download), or a whole shard. */
const PARTIAL = new Set(['TENSOR_MISSING', 'MODEL_INCOMPLETE', 'MODEL_FILE_UNREADABLE']);

/** Whether a model could not be opened because not all of it is there. */
export function isPartOfModel(error: unknown): boolean {
  return error instanceof LongattnError && PARTIAL.has(error.code);
}

/** The start of the decoder's tensor names: the one under which the embedding is found. */
function findPrefix({ family, embedding }: ResolvedModel, checkpoint: Checkpoint): string {
  const name = embedding.score['embed']!.name;
  const found = family.prefixes.filter((prefix) => checkpoint.has(prefix + name));
  if (found.length > 1) {
    throw dataError(
      'TENSOR_AMBIGUOUS',
      `${checkpoint.folder} holds the embedding more than once: ${found.map((prefix) => prefix + name).join(', ')}.`,
    );
  }
  return found[0] ?? family.prefixes[0]!; // not found: the error then names the usual tensor
}

function savedInstead(tensors: Tensors, checkpoint: Checkpoint, prefix: string): Tensors {
  const choose = (ref: TensorRef) => candidates(ref).findLast((one) => checkpoint.has(tensorName(one, prefix))) ?? ref;
  return Object.fromEntries(Object.entries(tensors).map(([role, ref]) => [role, choose(ref)]));
}

function checkUnknownTensors({ checkpoint, prefix, model, extent }: TensorPlan): void {
  const { family, embedding, head } = model;
  const names = [...checkpoint.names()].filter((name) => !isCompanion(name, model.quantization));
  const wanted = new Set(Object.keys(extent.tensors));
  const namesOf = (ref: TensorRef) => candidates(ref).map((one) => tensorName(one, prefix));
  const part = (root: string, all: Tensors) => ({
    root,
    known: new Set(Object.values(all).flatMap(namesOf)),
    used: Object.entries(all).flatMap(([role, ref]) => (wanted.has(role) ? namesOf(ref) : [])),
  });
  extent.layers.forEach((_, layer) => {
    const { score, forward } = model.layers[layer]!;
    refuseUnknownInLayer(names, part(prefix + family.layerPrefix(layer), { ...score, ...forward }));
  });
  const layers = prefix + family.layerPrefix(0).replace(/\d+\.$/, '');
  refuseUnknownAround(names, part(prefix, { ...embedding.score, ...head.forward }), layers);
}

/** The type of most matrices: that of the first layer's queries; quantized ones are run in bfloat16, as their makers do. */
function forwardDtype(tensors: readonly PlacedTensor[], options: OpenModelOptions): string {
  if (options.dtype !== 'weights') return 'f32';
  const { located, scale } = tensors.find(({ role }) => role === 'layers.0.q')!;
  return scale ? 'bf16' : located.dtype.toLowerCase();
}

function unknownKeys(config: ConfigReader): string[] {
  const modelType = config.text('model_type');
  return Object.keys(config.values).filter((key) => !config.reads!.has(key) && !isKnownUnread(modelType, key));
}

/** Learned positions end: position n reads row n + offset. So may the rule of the family. */
function maxLength({ embedding, layers, longest }: ResolvedModel): number | undefined {
  if (longest !== undefined) return longest;
  const table = embedding.score['positions'];
  return table ? table.shape[0]! - (layers[0]!.settings['positions.offset'] as number) : undefined;
}

function slidingWindows(model: ResolvedModel): number[] {
  return model.layers.map((layer) => layer.settings['attention.window'] as number);
}
