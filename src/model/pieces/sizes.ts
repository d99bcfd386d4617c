// Sizes of the model under the names that its family uses in config.json.
import type { ConfigReader } from '../config-reader.js';
import type { Sizes } from '../plan.js';

type Named = 'hidden' | 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'intermediate' | 'vocab' | 'maxPositions';

export interface SizeRules {
  /** Other names than llama's; with several, the first that the config has counts. */
  keys?: Partial<Record<Named, string | readonly string[]>>;
  /** What an absent key stands for. A key that is null stands for the computed value, whatever this says. */
  defaults?: Partial<Record<Named, number>>;
  /** As many key heads as query heads, whatever the config says: the family knows nothing else. */
  ungrouped?: boolean;
  /** Width of the MLP where the config names none, from the hidden size. */
  intermediate?: (hidden: number) => number;
}

const LLAMA_KEYS: Readonly<Record<Named, string>> = {
  hidden: 'hidden_size',
  layers: 'num_hidden_layers',
  heads: 'num_attention_heads',
  kvHeads: 'num_key_value_heads',
  headDim: 'head_dim',
  intermediate: 'intermediate_size',
  vocab: 'vocab_size',
  maxPositions: 'max_position_embeddings',
};

/** Largest values that the native core takes; no model comes near. Heads are bounded by the score kernels. */
const LIMITS: Readonly<Record<Named, number>> = {
  hidden: 2 ** 20,
  layers: 1000,
  heads: 4096,
  kvHeads: 4096,
  headDim: 512,
  intermediate: 2 ** 24,
  vocab: 2 ** 28,
  maxPositions: 2 ** 31,
};

/** @returns a reader of `Sizes`; what must divide what is checked */
export function sizes(rules: SizeRules = {}): (config: ConfigReader) => Sizes {
  return (config) => {
    const key = (name: Named): string => {
      const names = [rules.keys?.[name] ?? LLAMA_KEYS[name]].flat();
      return names.find((candidate) => config.has(candidate)) ?? names[0]!;
    };
    const read = (name: Named, computed?: number): number => {
      const absent = config.isGiven(key(name)) ? undefined : rules.defaults?.[name];
      return config.int(key(name), absent ?? computed, 1, LIMITS[name]);
    };
    const hidden = read('hidden');
    const heads = read('heads');
    const kvHeads = rules.ungrouped ? heads : read('kvHeads', heads);
    if (heads % kvHeads !== 0) throw config.wrong(key('kvHeads'), `a divisor of ${key('heads')} (${heads})`);
    if (hidden % heads !== 0 && !config.has(key('headDim')) && rules.defaults?.headDim === undefined) {
      throw config.wrong(key('hidden'), `a multiple of the ${heads} heads where ${key('headDim')} is not given`);
    }
    const headDim = read('headDim', hidden / heads);
    return {
      hidden,
      heads,
      kvHeads,
      headDim,
      valueDim: headDim,
      layers: read('layers'),
      vocab: read('vocab'),
      intermediate: read('intermediate', rules.intermediate?.(hidden)),
      maxPositions:
        config.has(key('maxPositions')) || rules.defaults?.maxPositions !== undefined
          ? read('maxPositions')
          : undefined,
    };
  };
}
