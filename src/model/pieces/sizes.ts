// Sizes of the model under the names that its family uses in config.json.
import type { ConfigReader } from '../config-reader.js';
import { dataError } from '../../errors.js';
import type { Sizes } from '../plan.js';

export interface SizeKeys {
  hidden?: string;
  layers?: string;
  heads?: string;
  kvHeads?: string;
  headDim?: string;
  intermediate?: string;
  maxPositions?: string;
}

export interface SizeRules {
  keys?: SizeKeys;
  /** Key heads where the config names none; default: as many as query heads. */
  defaultKvHeads?: number;
  /** Values a head where the config names none; default: hidden / heads. */
  defaultHeadDim?: number;
  /** Width of the MLP where the config names none, from the hidden size. */
  defaultIntermediate?: (hidden: number) => number;
}

/** Largest head that the score kernels take. */
const MAX_HEAD_DIM = 512;

/** @returns a reader of `Sizes`; what must divide what is checked */
export function sizes(rules: SizeRules = {}): (config: ConfigReader) => Sizes {
  const keys = {
    hidden: 'hidden_size',
    layers: 'num_hidden_layers',
    heads: 'num_attention_heads',
    kvHeads: 'num_key_value_heads',
    headDim: 'head_dim',
    intermediate: 'intermediate_size',
    maxPositions: 'max_position_embeddings',
    ...rules.keys,
  };
  return (config) => {
    const hidden = config.int(keys.hidden);
    const heads = config.int(keys.heads);
    const kvHeads = config.int(keys.kvHeads, rules.defaultKvHeads ?? heads);
    if (heads % kvHeads !== 0) throw config.wrong(keys.kvHeads, `a divisor of ${keys.heads} (${heads})`);
    const headDim = readHeadDim(config, keys.headDim, keys.hidden, hidden, heads, rules.defaultHeadDim);
    return {
      hidden,
      heads,
      kvHeads,
      headDim,
      valueDim: headDim,
      layers: config.int(keys.layers),
      vocab: config.int('vocab_size'),
      intermediate: config.int(keys.intermediate, rules.defaultIntermediate?.(hidden)),
      maxPositions: config.has(keys.maxPositions) ? config.int(keys.maxPositions) : undefined,
    };
  };
}

function readHeadDim(
  config: ConfigReader,
  key: string,
  hiddenKey: string,
  hidden: number,
  heads: number,
  fallback: number | undefined,
): number {
  if (!config.has(key) && fallback === undefined && hidden % heads !== 0) {
    throw config.wrong(hiddenKey, `a multiple of the ${heads} heads where ${key} is not given`);
  }
  const headDim = config.int(key, fallback ?? hidden / heads);
  if (headDim > MAX_HEAD_DIM) {
    throw dataError(
      'CONFIG_INVALID',
      `${config.path}: heads of ${headDim} values are not supported. At most ${MAX_HEAD_DIM} are.`,
    );
  }
  return headDim;
}
