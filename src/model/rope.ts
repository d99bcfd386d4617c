// Rotary parameters of config.json, in any of the forms that Hugging Face has used, resolved to one record a layer type.
//
// Old: `rope_theta` beside `rope_scaling` (`type` or `rope_type`). New: `rope_parameters`, flat or one object a layer type. A key
// that nobody is known to read is an error: a misspelt or newer key would otherwise give angles that look right and are wrong.
import { dataError, show } from '../base/errors.js';
import { ConfigReader, isObject } from './config-reader.js';

export type RopeType = 'default' | 'linear' | 'dynamic' | 'llama3' | 'yarn' | 'longrope';

/** One rotary embedding, complete. `dim` values of a head are rotated, as dim / 2 pairs. */
export interface Rope {
  type: RopeType;
  theta: number;
  dim: number;
  /** Stretch of the context; 1 where the type has none. */
  factor: number;
  /** Positions that the unscaled embedding was trained on: llama3, yarn and longrope; for dynamic, max_position_embeddings. */
  originalMaxPositions: number;
  /** Multiplies cos and sin (yarn, longrope). */
  attentionFactor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  betaFast: number;
  betaSlow: number;
  truncate: boolean;
  /** yarn, as given: families with latent attention also scale their logits by it. 0: absent. */
  mscaleAllDim: number;
  /** longrope: dim / 2 each, for windows up to and above originalMaxPositions. */
  shortFactors: readonly number[];
  longFactors: readonly number[];
}

/** What a family says of its rotary embedding. */
export interface RopeFamily {
  /** Values of a head that `partial_rotary_factor` is a share of. */
  headDim: number;
  theta: number;
  /** Share that is rotated where the config does not say. Undefined: the family rotates all, and another share is an error. */
  partial?: number;
  thetaKey?: string;
  partialKey?: string;
  /** Other names of a type, e.g. `su` for longrope. */
  aliases?: Readonly<Record<string, RopeType>>;
  /** Sliding layers have a rotation of their own: its base where the config has no `rope_parameters`. */
  sliding?: { theta: number; thetaKey: string };
  /** The config must have rotary parameters: the family's own are no plain rotation. */
  required?: boolean;
  /** Parameters of the family's own that are read elsewhere. */
  ownKeys?: readonly string[];
}

const LAYER_TYPES = ['full_attention', 'sliding_attention'];
const COMMON_KEYS = ['rope_type', 'type', 'rope_theta', 'partial_rotary_factor'];
const TYPE_KEYS: Readonly<Record<RopeType, readonly string[]>> = {
  default: [],
  linear: ['factor'],
  dynamic: ['factor'],
  llama3: ['factor', 'original_max_position_embeddings', 'low_freq_factor', 'high_freq_factor'],
  yarn: [
    'factor',
    'original_max_position_embeddings',
    'attention_factor',
    'beta_fast',
    'beta_slow',
    'mscale',
    'mscale_all_dim',
    'truncate',
  ],
  longrope: ['factor', 'original_max_position_embeddings', 'attention_factor', 'short_factor', 'long_factor'],
};

/**
 * Keys that change no angle: notes of the trainers; the length that linear and dynamic scaling do not ask for; and how the dimensions
 * are shared out among the axes of a picture, since in a text all axes have the same positions.
 */
const INERT_KEYS = ['finetuned', 'original_max_position_embeddings', 'mrope_section', 'mrope_interleaved'];
/** Factors of cos and sin that a model's own code reads and transformers does not: only `attention_factor` says which is meant. */
const CONTESTED_KEYS = ['attn_factor', 'short_mscale', 'long_mscale'];

/**
 * The rotary embedding of layers of one type.
 * @param layerType picks from a `rope_parameters` object that has one entry a layer type
 * @param thetaOverride replaces the model's base (`--rope-theta`)
 * @throws LongattnError CONFIG_INVALID
 */
export function readRope(
  config: ConfigReader,
  family: RopeFamily,
  layerType: string = 'full_attention',
  thetaOverride?: number,
): Rope {
  const ownSliding = family.sliding && layerType === 'sliding_attention' && !config.has('rope_parameters');
  const parameters = ownSliding ? noParameters(config) : ropeObject(config, family, layerType);
  const type = ropeType(parameters, family.aliases ?? {});
  checkKeys(parameters, type, family);
  const { theta: usual, thetaKey } = (ownSliding && family.sliding) || { thetaKey: 'rope_theta', ...family };
  const theta = thetaOverride ?? parameters.positive('rope_theta', config.positive(thetaKey, usual));
  const dim = rotatedDim(config, parameters, family);
  return { ...scaling(config, parameters, type, dim), type, theta, dim };
}

function checkKeys(parameters: ConfigReader, type: RopeType, family: RopeFamily): void {
  const known = [...COMMON_KEYS, ...TYPE_KEYS[type], ...(family.ownKeys ?? [])];
  for (const key of Object.keys(parameters.values)) {
    if (parameters.values[key] === null || known.includes(key) || INERT_KEYS.includes(key)) continue;
    if (!CONTESTED_KEYS.includes(key)) {
      throw dataError(
        'CONFIG_INVALID',
        `${parameters.path}: unknown key ${show(key)} for rope type ${type}. Known keys: ${known.join(', ')}.`,
      );
    }
    if (parameters.has('attention_factor') && TYPE_KEYS[type].includes('attention_factor')) continue;
    throw dataError(
      'CONFIG_INVALID',
      `${parameters.path}: ${key} is ${show(parameters.values[key])}, which transformers does not heed and other programs do. ` +
        `Say what cos and sin are multiplied by: --config-override ${parameters.place}attention_factor=1 (or another number), or write it in config.json.`,
    );
  }
}

function rotatedDim(config: ConfigReader, parameters: ConfigReader, family: RopeFamily): number {
  const partialKey = family.partialKey ?? 'partial_rotary_factor';
  const share = parameters.positive('partial_rotary_factor', config.positive(partialKey, family.partial ?? 1));
  const dim = Math.trunc(family.headDim * share);
  if (dim < 2 || dim % 2 !== 0 || dim > family.headDim) {
    throw dataError(
      'CONFIG_INVALID',
      `${parameters.path}: partial_rotary_factor ${share} rotates ${dim} of ${family.headDim} values of a head. It must be an even number of them.`,
    );
  }
  if (family.partial === undefined && share !== 1) {
    throw dataError(
      'CONFIG_INVALID',
      `${parameters.path}: partial_rotary_factor must not be ${share}. This family rotates all.`,
    );
  }
  return dim;
}

/** The object that holds the parameters: empty if there is none, one layer type's if there is one for each. */
function ropeObject(config: ConfigReader, family: RopeFamily, layerType: string): ConfigReader {
  if (config.has('rope_parameters') && config.has('rope_scaling')) {
    if (JSON.stringify(config.raw('rope_parameters')) !== JSON.stringify(config.raw('rope_scaling'))) {
      throw dataError(
        'CONFIG_INVALID',
        `${config.path}: rope_parameters and rope_scaling must not both be given. Keep rope_parameters.`,
      );
    }
  }
  const key = config.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling';
  if (!config.has(key) && !family.required) return noParameters(config);
  const whole = config.object(key);
  if (!Object.values(whole.values).some(isObject)) {
    if (family.sliding && key === 'rope_parameters') {
      throw config.wrong(key, `an object with an entry for each of ${LAYER_TYPES.join(' and ')}`);
    }
    return whole;
  }
  for (const name of Object.keys(whole.values)) {
    if (!LAYER_TYPES.includes(name)) {
      throw dataError(
        'CONFIG_INVALID',
        `${whole.path}: unknown layer type ${show(name)}. Known: ${LAYER_TYPES.join(', ')}.`,
      );
    }
  }
  const own = whole.object(layerType);
  // transformers reads this key beside the layer types, where it cannot be: whose rounding the model was trained with is not known.
  own.only('truncate', true);
  return own;
}

function noParameters(config: ConfigReader): ConfigReader {
  return new ConfigReader({}, `${config.path}: rope_parameters`);
}

function ropeType(parameters: ConfigReader, aliases: Readonly<Record<string, RopeType>>): RopeType {
  const named = (key: string): RopeType => {
    const name = parameters.text(key, 'default');
    if (Object.hasOwn(aliases, name)) return aliases[name]!;
    if (!Object.hasOwn(TYPE_KEYS, name)) throw parameters.wrong(key, `one of ${Object.keys(TYPE_KEYS).join(', ')}`);
    return name as RopeType;
  };
  if (!parameters.has('rope_type') || !parameters.has('type')) {
    return named(parameters.has('rope_type') ? 'rope_type' : 'type');
  }
  if (named('type') !== named('rope_type')) {
    throw parameters.wrong('type', `equal to rope_type (${show(parameters.values['rope_type'])})`);
  }
  return named('rope_type');
}

function scaling(
  config: ConfigReader,
  parameters: ConfigReader,
  type: RopeType,
  dim: number,
): Omit<Rope, 'type' | 'theta' | 'dim'> {
  const none = {
    factor: 1,
    originalMaxPositions: 0,
    attentionFactor: 1,
    lowFreqFactor: 1,
    highFreqFactor: 1,
    betaFast: 32,
    betaSlow: 1,
    truncate: true,
    mscaleAllDim: 0,
    shortFactors: [],
    longFactors: [],
  };
  if (type === 'default') return none;
  if (type === 'linear') return { ...none, factor: parameters.positive('factor') };
  if (type === 'dynamic') {
    if (dim === 2)
      throw parameters.wrong('rope_type', 'another type than dynamic where only 2 values of a head are rotated');
    return {
      ...none,
      factor: parameters.positive('factor'),
      originalMaxPositions: config.int('max_position_embeddings'),
    };
  }
  const originalMaxPositions = originalPositions(config, parameters);
  if (type === 'llama3') {
    const lowFreqFactor = parameters.positive('low_freq_factor');
    const highFreqFactor = parameters.positive('high_freq_factor');
    if (highFreqFactor <= lowFreqFactor)
      throw parameters.wrong('high_freq_factor', `above low_freq_factor (${lowFreqFactor})`);
    return { ...none, factor: parameters.positive('factor'), originalMaxPositions, lowFreqFactor, highFreqFactor };
  }
  const ratio = config.int('max_position_embeddings') / originalMaxPositions;
  const factor = parameters.has('factor') ? parameters.positive('factor') : ratio;
  if (type === 'yarn') {
    return {
      ...none,
      factor,
      originalMaxPositions,
      attentionFactor: yarnAttentionFactor(parameters, factor),
      betaFast: parameters.positive('beta_fast', 32),
      betaSlow: parameters.positive('beta_slow', 1),
      truncate: parameters.bool('truncate', true),
      mscaleAllDim: parameters.number('mscale_all_dim', 0),
    };
  }
  const attentionFactor = parameters.has('attention_factor')
    ? parameters.positive('attention_factor')
    : factor <= 1
      ? 1
      : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPositions));
  const shortFactors = factors(parameters, 'short_factor', dim);
  const longFactors = factors(parameters, 'long_factor', dim);
  return { ...none, factor, originalMaxPositions, attentionFactor, shortFactors, longFactors };
}

/** A value beside the rotary parameters (phi3) wins over the one inside; without any, the model was not stretched. */
function originalPositions(config: ConfigReader, parameters: ConfigReader): number {
  const key = 'original_max_position_embeddings';
  if (config.has(key)) return config.int(key, undefined, 2);
  return parameters.has(key) ? parameters.int(key, undefined, 2) : config.int('max_position_embeddings', undefined, 2);
}

function yarnAttentionFactor(parameters: ConfigReader, factor: number): number {
  if (parameters.has('attention_factor')) return parameters.positive('attention_factor');
  const mscale = parameters.number('mscale', 0);
  const mscaleAllDim = parameters.number('mscale_all_dim', 0);
  if (mscale !== 0 && mscaleAllDim !== 0) return yarnMscale(factor, mscale) / yarnMscale(factor, mscaleAllDim);
  return yarnMscale(factor, 1);
}

/** The temperature of yarn: 0.1 * mscale * ln(factor) + 1. */
export function yarnMscale(factor: number, mscale: number): number {
  return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
}

function factors(parameters: ConfigReader, key: string, dim: number): number[] {
  const list = parameters.list(key, 'numbers above 0', (item): item is number => typeof item === 'number' && item > 0);
  if (list.length !== dim / 2)
    throw parameters.wrong(key, `a list of ${dim / 2} numbers, half of the ${dim} rotated values`);
  return list;
}
