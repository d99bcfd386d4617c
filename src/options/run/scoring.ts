// Options of the scores: the model, what of its attention is stored, and how its layers are run.
import { DEFAULT_DISTANCE } from '../../base/distance.js';
import type { Rows } from '../row.js';
import * as type from '../types.js';

export const SCORING = {
  model: {
    stage: 'scores',
    group: 'model',
    type: type.text,
    absent: 'none: for a score that needs none, with --tokenizer',
    allowed:
      'a folder with config.json, *.safetensors and tokenizer.json, org/name[@revision] on the Hub, or the name of a fetched model',
    help: 'folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch)',
  },
  tokenizer: {
    // Of scores as the model is, so that the windows are the same with the one or the other: what they depend on is its sha256.
    stage: 'scores',
    group: 'model',
    type: type.text,
    storedAs: 'tokenizerPath',
    absent: "the model's",
    allowed: 'a tokenizer.json, a folder with one, or org/name[@revision] on the Hub',
    help: "another tokenizer than the model's, or one without a model for a score that needs none: a tokenizer.json, a folder or org/name",
  },
  layers: {
    stage: 'scores',
    group: 'score',
    type: type.integersOrAll,
    default: '0',
    storedAtDefault: true,
    storedAs: 'layer',
    formerly: ['layer'],
    allowed: 'a layer number from 0, a list such as 0,7, all, or auto (with the choice file of a validation)',
    help: 'layers to score: 0, a list such as 0,7, all, or auto (--config CHOICE)',
  },
  k: {
    stage: 'scores',
    group: 'score',
    type: type.distance,
    default: DEFAULT_DISTANCE,
    storedAtDefault: true,
    allowed: 'a whole number of tokens from 0, "quarter" (floor(L/4)) or "authors" (L - 3*floor(L/4))',
    help: 'minimum distance in tokens, "quarter" or "authors"',
  },
  ropeTheta: {
    stage: 'scores',
    group: 'score',
    type: type.positive,
    absent: "the model's own",
    allowed: 'a positive number',
    help: "RoPE base instead of the model's own",
  },
  configOverride: {
    stage: 'scores',
    group: 'model',
    type: type.configOverride,
    kind: 'list',
    absent: 'none',
    allowed: 'KEY=VALUE with a key of config.json that the model is read from (dotted, each once) and a value in JSON',
    help: 'KEY=VALUE in place of what config.json says, such as rope_scaling.attention_factor=1; repeatable',
  },
  tokens: {
    stage: 'scores',
    group: 'score',
    type: type.flag,
    kind: 'flag',
    default: 'false',
    storedAtDefault: true,
    allowed: 'true or false',
    help: 'store the far mass of each token',
  },
  losses: {
    stage: 'scores',
    group: 'score',
    type: type.flag,
    kind: 'flag',
    default: 'false',
    allowed: 'true or false',
    help: 'store the losses that the score nll-gain needs: two more passes, through the whole model',
  },
  dtype: {
    stage: 'scores',
    group: 'score',
    type: type.dtype,
    default: 'float32',
    allowed: "float32, or weights: the type of the model's weights",
    help: 'what layers above 0 are run in: float32, or weights (bf16 or f16, as the model is stored)',
  },
} as const satisfies Rows;
