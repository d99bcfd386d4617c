// What a family says of a model: settings and tensors under the names of docs/model-spec.md, before any file is looked at.
//
// A family is a list of pieces, each a function that returns a part of one layer. A new family is a table row that picks pieces; a
// feature that no family had before is one new piece.
import type { ConfigReader } from './config-reader.js';

/** The matrix consists of `count` blocks of `size` rows, block b starting at row `start + b * stride`. */
export interface RowBlocks {
  start: number;
  size: number;
  stride: number;
  count: number;
}

/** A tensor of the checkpoint, and how the wanted matrix is cut from it. */
export interface TensorRef {
  /** Its name in the checkpoint, without the family's prefix unless `absolute`. */
  name: string;
  /** The shape that it must have in the file, from config.json alone. */
  shape: readonly number[];
  /** The name is complete: it does not start with the decoder's prefix (lm_head). */
  absolute?: boolean;
  /** The file holds [in, out]. */
  transposed?: boolean;
  /** Rows of the matrix, counted after the transposition. */
  rows?: RowBlocks;
  /** Taken in this tensor's place where the checkpoint has it: a head that was saved although the config ties it. May go on. */
  instead?: TensorRef;
  /** How the tensor is read where it has this shape and not its own. */
  otherwise?: TensorRef;
  /** Stored in 4 bits: [expert, out, in / 32, 16] bytes, two values in each. */
  mxfp4?: true;
  /** Take entry `slice` of the first dimension (experts stored as one tensor). */
  slice?: number;
}

export type Setting = number | string | boolean | readonly number[];
export type Settings = Record<string, Setting>;
export type Tensors = Record<string, TensorRef>;

/** A part of one layer, or of the model around the layers. */
export interface Part {
  /** Of the whole model, e.g. a rotary set that several layers name. */
  globals?: Settings;
  /** Of this layer, needed for its scores. */
  settings?: Settings;
  /** Of this layer, needed besides to compute its output. */
  forwardSettings?: Settings;
  /** Needed for the scores of this layer: what leads to its Q and K. */
  score?: Tensors;
  /** Needed besides to compute the layer's output. */
  forward?: Tensors;
}

export interface Sizes {
  hidden: number;
  layers: number;
  vocab: number;
  heads: number;
  kvHeads: number;
  /** Of Q and K as the scores see them. */
  headDim: number;
  /** Of V. */
  valueDim: number;
  intermediate: number;
  /** Longest window that the model was made for; undefined: it says none. */
  maxPositions: number | undefined;
}

/** What a piece may look at. */
export interface PlanContext {
  config: ConfigReader;
  sizes: Sizes;
  /** Replaces the model's own rotary base. */
  ropeTheta: number | undefined;
}

export type ModelPiece = (model: PlanContext) => Part;
export type LayerPiece = (model: PlanContext, layer: number) => Part;

export interface Family {
  /** Accepted `architectures` entries of config.json. */
  architectures: readonly string[];
  /** Where the decoder's tensor names may start, most usual first. */
  prefixes: readonly string[];
  /** Start of a layer's tensor names, after the prefix. */
  layerPrefix: (layer: number) => string;
  /** Values of `quant_method` besides fp8 that some of its tensors may have. */
  quantizations?: readonly string[];
  /** Settings that other values would change and nothing here computes: what they may be. */
  only?: Readonly<Record<string, string | number | boolean>>;
  /** The part of config.json that describes the decoder, where it is not the whole. */
  config?: (config: ConfigReader) => ConfigReader;
  sizes: (config: ConfigReader) => Sizes;
  /** Embedding and positions: needed for every layer. */
  embedding: ModelPiece;
  /** The parts of a layer, by what they decide. Names in them are relative to `layerPrefix`. */
  layer: Readonly<{
    norms: LayerPiece;
    projections: LayerPiece;
    positions: LayerPiece;
    scores: LayerPiece;
    mlp: LayerPiece;
    join: LayerPiece;
  }>;
  /** Final norm and language model head: needed for the loss only. */
  head: ModelPiece;
  /** Longest window that these pieces describe, where the model's own rule changes after it. */
  longest?: (model: PlanContext) => number | undefined;
}

/** Rows `start` to `start + size` of a matrix or vector. */
export function rows(tensor: TensorRef, start: number, size: number): TensorRef {
  return { ...tensor, rows: { start, size, stride: size, count: 1 } };
}

/** `count` blocks of `size` rows, `stride` rows apart. */
export function rowBlocks(tensor: TensorRef, start: number, size: number, stride: number, count: number): TensorRef {
  return { ...tensor, rows: { start, size, stride, count } };
}

/** `weight` and, if the model has it, `bias` of one linear layer or norm under the role `role`. */
export function pair(role: string, weight: TensorRef, bias?: TensorRef): Tensors {
  return bias ? { [role]: weight, [`${role}.bias`]: bias } : { [role]: weight };
}

/** A tensor and those that may be taken in its place, the most wanted last. */
export function candidates(ref: TensorRef): TensorRef[] {
  return ref.instead ? [ref, ...candidates(ref.instead)] : [ref];
}

/** Later parts win, as in an object literal. */
export function merge(parts: readonly Part[]): Required<Part> {
  const result: Required<Part> = { globals: {}, settings: {}, forwardSettings: {}, score: {}, forward: {} };
  for (const part of parts) {
    Object.assign(result.globals, part.globals);
    Object.assign(result.settings, part.settings);
    Object.assign(result.forwardSettings, part.forwardSettings);
    Object.assign(result.score, part.score);
    Object.assign(result.forward, part.forward);
  }
  return result;
}
