// From config.json to a complete plan: every setting and every tensor name of every layer, before any weight file is looked at.
import { dataError, invalid, show } from '../base/errors.js';
import { isObject, type ConfigReader } from './config-reader.js';
import { findFamily } from './families/index.js';
import { readQuantization, type Quantization } from './quantization.js';
import {
  merge,
  type Family,
  type Part,
  type PlanContext,
  type Settings,
  type Sizes,
  type TensorRef,
  type Tensors,
} from './plan.js';

export interface ResolvedModel {
  family: Family;
  /** How its weights are stored. */
  quantization: Quantization;
  sizes: Sizes;
  /** Longest window that is described; undefined: no such limit. */
  longest: number | undefined;
  /** Settings of the whole model. */
  globals: Settings;
  embedding: Required<Part>;
  /** One a layer; tensor names start after the family's prefix, roles with `layers.N.`. */
  layers: readonly Required<Part>[];
  head: Required<Part>;
}

/**
 * @param ropeTheta replaces the model's rotary base
 * @throws LongattnError UNKNOWN_ARCHITECTURE, CONFIG_INVALID, MODEL_QUANTIZED
 */
export function resolveConfig(config: ConfigReader, ropeTheta: number | undefined): ResolvedModel {
  const family = findFamily(config);
  const inner = family.config ? family.config(config) : config;
  for (const part of [config, inner]) {
    part.only('is_causal', true);
    refuseLayerConfigs(part);
  }
  for (const [key, allowed] of Object.entries(family.only ?? {})) inner.only(key, allowed);
  const quantization = [config, inner]
    .map((part) => readQuantization(part, family.quantizations ?? []))
    .reduce((one, other) => (other.kind === 'none' ? one : other));
  const sizes = family.sizes(inner);
  const model: PlanContext = { config: inner, sizes, ropeTheta };
  const embedding = merge([family.embedding(model)]);
  const layers = Array.from({ length: sizes.layers }, (_, layer) => resolveLayer(family, model, layer));
  const globals: Settings = {
    architecture: config.text('model_type'),
    layers: sizes.layers,
    hidden: sizes.hidden,
    vocab: sizes.vocab,
    heads: sizes.heads,
    kv_heads: sizes.kvHeads,
    head_dim: sizes.headDim,
    ...embedding.globals,
    ...merge(layers).globals,
  };
  const longest = family.longest?.(model);
  return { family, quantization, sizes, longest, globals, embedding, layers, head: merge([family.head(model)]) };
}

/** Settings that single layers have of their own (transformers 5.15 and later): only those that repeat the model's. */
function refuseLayerConfigs(config: ConfigReader): void {
  if (!config.has('per_layer_config')) return;
  for (const [layer, own] of Object.entries(config.object('per_layer_config').values)) {
    for (const [key, value] of Object.entries(isObject(own) ? own : { [layer]: own })) {
      if (JSON.stringify(value) === JSON.stringify(config.values[key])) continue;
      throw dataError(
        'CONFIG_INVALID',
        `${config.path}: per_layer_config gives layer ${layer} a ${key} of its own, ${show(value)}. It must be that of the model ` +
          `(${key in config.values ? show(config.values[key]) : 'none'}): layers that differ in this way are not supported.`,
      );
    }
  }
}

function resolveLayer(family: Family, model: PlanContext, layer: number): Required<Part> {
  const part = merge(Object.values(family.layer).map((piece) => piece(model, layer)));
  const place = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([role, ref]) => [
        `layers.${layer}.${role}`,
        inLayer(ref, family.layerPrefix(layer)),
      ]),
    );
  return { ...part, score: place(part.score), forward: place(part.forward) };
}

/** A tensor and its other forms by their names in a layer. */
function inLayer(ref: TensorRef, prefix: string): TensorRef {
  return {
    ...ref,
    name: prefix + ref.name,
    ...(ref.instead && { instead: inLayer(ref.instead, prefix) }),
    ...(ref.otherwise && { otherwise: inLayer(ref.otherwise, prefix) }),
  };
}

/** What the asked layers need: settings up to the deepest, tensors of the layers below it in full and of it up to Q and K. */
export interface Extent {
  /** Settings of layers 0 to the deepest. */
  layers: readonly Settings[];
  globals: Settings;
  tensors: Tensors;
  /** Some layer has to be run: more than the lookup path of layer 0 is needed. */
  runs: boolean;
}

/** @param loss the language model's head is needed, and so is every layer */
export function extentOf(model: ResolvedModel, layers: readonly number[], loss: boolean): Extent {
  const deepest = loss ? model.sizes.layers : Math.max(...layers);
  const needed = model.layers.slice(0, deepest + 1);
  const runs = deepest > 0;
  return {
    runs,
    layers: needed.map((part) => ({ ...part.settings, ...(runs && part.forwardSettings) })),
    globals: {
      ...model.globals,
      ...(runs && { value_dim: model.sizes.valueDim }),
      ...(loss && model.head.globals),
    },
    tensors: Object.assign(
      {},
      model.embedding.score,
      ...needed.map((part, layer) => (layer < deepest ? { ...part.score, ...part.forward } : part.score)),
      loss ? model.head.forward : {},
    ) as Tensors,
  };
}

/** The asked layers, ascending, each once. */
export function checkLayers(asked: readonly number[] | 'all', count: number): number[] {
  if (asked === 'all') return Array.from({ length: count }, (_, layer) => layer);
  if (asked.length === 0) throw invalid('layer', asked, 'a list of at least one layer, or all');
  for (const layer of asked) {
    if (!Number.isInteger(layer) || layer < 0 || layer >= count) {
      throw invalid('layer', layer, `a whole number from 0 to ${count - 1}: the model has ${count} layers`);
    }
  }
  return [...new Set(asked)].sort((a, b) => a - b);
}
