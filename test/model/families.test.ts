import { readdirSync, readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LongattnError } from '../../src/base/errors.js';
import { ConfigReader } from '../../src/model/config-reader.js';
import { knownModelTypes } from '../../src/model/families/index.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { resolveConfig } from '../../src/model/resolve-config.js';
import { alibiSlopes, mptSlopes, toBfloat16 } from '../../src/model/pieces/alibi-slopes.js';
import { temporaryFolder } from './tiny-model.js';

const MODELS = join(import.meta.dirname, '..', 'fixtures', 'models');
const NAMES = readdirSync(MODELS);

type Config = Record<string, unknown>;

function configOf(name: string): Config {
  return JSON.parse(readFileSync(join(MODELS, name, 'config.json'), 'utf8')) as Config;
}

/** A copy of a model with another config. */
async function withConfig(name: string, change: (config: Config) => Config): Promise<string> {
  const folder = await temporaryFolder();
  await cp(join(MODELS, name), folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(change(configOf(name))));
  return folder;
}

/** The spec without what names the folder. */
async function specOf(folder: string, options = { layers: 'all' as const, loss: true }): Promise<string> {
  const { specText, path } = await openModelFolder(folder, options);
  return specText.replaceAll(path, '');
}

/** Model types of which no fixture is needed: what they are another name of, and the config that says so. */
const OTHER_NAMES: Readonly<Record<string, (config: Config) => Config>> = {
  kimi_k2: (config) => ({ ...config, model_type: 'kimi_k2' }),
  kimi_k25: (config) => ({
    model_type: 'kimi_k25',
    architectures: ['KimiK25ForConditionalGeneration'],
    tie_word_embeddings: false,
    text_config: { ...config, model_type: 'kimi_k2' },
  }),
};

describe('every model of the fixtures', () => {
  it('covers every model type that is known', () => {
    const types = NAMES.map((name) => configOf(name)['model_type'] as string);
    expect([...new Set([...types, ...Object.keys(OTHER_NAMES)])].sort()).toEqual(knownModelTypes().sort());
  });

  it.each(NAMES)('%s opens at every layer, with its head, and reads all of its weights', async (name) => {
    const model = await openModelFolder(join(MODELS, name), { layers: 'all', loss: true });
    expect(model.slidingWindows).toHaveLength(model.layerCount);
    const read = new Set(model.tensors.map((tensor) => tensor.name));
    const names = allTensors(join(MODELS, name));
    expect(names.filter((tensor) => !read.has(tensor) && !/vision_tower|multi_modal|visual\./.test(tensor))).toEqual(
      [],
    );
    const first = await openModelFolder(join(MODELS, name));
    expect(first.bytes).toBeLessThan(model.bytes);
  });
});

function allTensors(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.safetensors'))
    .flatMap((file) => {
      const bytes = readFileSync(join(folder, file));
      const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Config;
      return Object.keys(header).filter((key) => key !== '__metadata__');
    });
}

describe('another name of a family', () => {
  it.each(Object.entries(OTHER_NAMES))('%s is DeepSeek V3', async (name, change) => {
    const folder = await withConfig('deepseek_v3', change);
    const named = (await specOf(folder)).replace(`set architecture ${name}\n`, 'set architecture deepseek_v3\n');
    expect(named).toBe(await specOf(join(MODELS, 'deepseek_v3')));
  });

  it('qwen2_vl has its decoder at the root of older configs', async () => {
    const old = await withConfig('qwen2_vl', ({ text_config, ...rest }) => ({
      ...(text_config as Config),
      ...rest,
      rope_parameters: null,
      rope_theta: ((text_config as Config)['rope_parameters'] as Config)['rope_theta'],
      rope_scaling: { type: 'mrope', mrope_section: [1, 1, 2] },
    }));
    expect(await specOf(old)).toBe(await specOf(join(MODELS, 'qwen2_vl')));
  });

  it('minimax_m2 says what is rotated in rotary_dim', async () => {
    const old = await withConfig('minimax_m2', ({ rope_parameters, ...rest }) => ({
      ...rest,
      rope_theta: (rope_parameters as Config)['rope_theta'],
      rotary_dim: 8,
    }));
    expect(await specOf(old)).toBe(await specOf(join(MODELS, 'minimax_m2')));
  });

  it('ministral3 is computed up to where its queries begin to grow', async () => {
    expect((await openModelFolder(join(MODELS, 'ministral3'))).maxLength).toBe(2048);
    const plain = await withConfig('ministral3', (config) => ({
      ...config,
      rope_parameters: { ...(config['rope_parameters'] as Config), llama_4_scaling_beta: 0 },
    }));
    expect((await openModelFolder(plain)).maxLength).toBeUndefined();
  });
});

describe('old forms of config.json give the same spec to the byte', () => {
  const flat = NAMES.filter((name) => {
    const parameters = configOf(name)['rope_parameters'] as Config | undefined;
    return parameters !== undefined && typeof parameters['rope_theta'] === 'number';
  });

  it.each(flat)('%s with rope_theta and rope_scaling', async (name) => {
    const old = await withConfig(name, (config) => {
      const { rope_parameters, ...rest } = config;
      const { rope_theta, rope_type, partial_rotary_factor, ...scaling } = rope_parameters as Config;
      const neox = config['model_type'] === 'gpt_neox';
      return {
        ...rest,
        [neox ? 'rotary_emb_base' : 'rope_theta']: rope_theta,
        ...(partial_rotary_factor !== undefined && {
          [neox ? 'rotary_pct' : 'partial_rotary_factor']: partial_rotary_factor,
        }),
        rope_scaling: rope_type === 'default' ? null : { type: rope_type, ...scaling },
      };
    });
    expect(await specOf(old)).toBe(await specOf(join(MODELS, name)));
  });

  it.each(['gemma3', 'gemma3_vision'])('%s with rope_local_base_freq', async (name) => {
    const old = await withConfig(name, (config) => {
      const change = (text: Config): Config => {
        const { rope_parameters, ...rest } = text;
        const { full_attention: full, sliding_attention: sliding } = rope_parameters as Record<string, Config>;
        const { rope_theta, rope_type, ...scaling } = full!;
        return {
          ...rest,
          rope_theta,
          rope_local_base_freq: sliding!['rope_theta'],
          rope_scaling: rope_type === 'default' ? null : { rope_type, ...scaling },
        };
      };
      return name === 'gemma3' ? change(config) : { ...config, text_config: change(config['text_config'] as Config) };
    });
    expect(await specOf(old)).toBe(await specOf(join(MODELS, name)));
  });

  it.each<[string, Config]>([
    ['gemma2', {}],
    ['gemma3', { sliding_window_pattern: 4 }],
    ['cohere2', { sliding_window_pattern: 4 }],
    ['exaone4', { sliding_window_pattern: 4 }],
    ['olmo3', {}],
    ['gpt_oss', {}],
    ['qwen2_sliding', {}],
    ['qwen2_moe', {}],
    ['smollm3_sliding', {}],
  ])('%s without layer_types, by the rule that held before', async (name, keys) => {
    const old = await withConfig(name, (config) => ({ ...config, ...keys, layer_types: null }));
    expect(await specOf(old)).toBe(await specOf(join(MODELS, name)));
  });

  it('takes su for longrope in phi3', async () => {
    const old = await withConfig('phi3_longrope', (config) => ({
      ...config,
      rope_parameters: { ...(config['rope_parameters'] as Config), rope_type: 'su' },
    }));
    expect(await specOf(old)).toBe(await specOf(join(MODELS, 'phi3_longrope')));
  });
});

describe('tensor names of other versions give the same scores to the bit', () => {
  it.each<[string, string, string]>([
    ['gemma3_vision', 'model.language_model.', 'language_model.model.'],
    ['llama', 'model.', ''],
    ['gpt2', 'transformer.', ''],
    ['gpt_neox_sequential', 'gpt_neox.', ''],
    ['opt_post_norm', 'model.decoder.', 'decoder.'],
  ])('%s with %j renamed to %j', async (name, from, to) => {
    const folder = await withConfig(name, (config) => config);
    const file = join(folder, 'model.safetensors');
    await writeFile(
      file,
      renamed(readFileSync(file), (key) => (key.startsWith(from) ? to + key.slice(from.length) : key)),
    );
    const [model, plain] = [
      await openModelFolder(folder, { layers: 'all' }),
      await openModelFolder(join(MODELS, name), { layers: 'all' }),
    ];
    expect(model.tensors.some((tensor) => !tensor.name.startsWith(from))).toBe(true);
    expect(model.revision).toBe(plain.revision);
  });
});

/** The safetensors file with other names for its tensors. */
function renamed(bytes: Buffer, rename: (key: string) => string): Buffer {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end).toString()) as Config;
  const changed = Object.fromEntries(Object.entries(header).map(([key, value]) => [rename(key), value]));
  const json = Buffer.from(JSON.stringify(changed));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, bytes.subarray(end)]);
}

describe('what a family cannot compute is refused', () => {
  it.each<[string, Config, string, RegExp]>([
    ['gemma', { use_bidirectional_attention: true }, 'CONFIG_INVALID', /use_bidirectional_attention must not be true/],
    ['mpt', { attn_config: { alibi: false } }, 'CONFIG_INVALID', /alibi must not be false/],
    ['mpt', { attn_config: { qk_ln: true } }, 'CONFIG_INVALID', /qk_ln must not be true/],
    ['deepseek_v3', { scoring_func: 'softmax' }, 'CONFIG_INVALID', /scoring_func must not be "softmax"/],
    ['deepseek_v2', { norm_topk_prob: true }, 'CONFIG_INVALID', /norm_topk_prob/],
    ['gpt_oss', { rope_parameters: null }, 'CONFIG_INVALID', /rope_scaling is missing/],
    ['gpt_oss', { swiglu_limit: 5 }, 'CONFIG_INVALID', /swiglu_limit must not be 5/],
    ['falcon_new', { num_ln_in_parallel_attn: 3 }, 'CONFIG_INVALID', /num_ln_in_parallel_attn must not be 3/],
    ['gemma3', { rope_parameters: { rope_theta: 1e4 } }, 'CONFIG_INVALID', /entry for each of full_attention/],
    ['cohere2', { layer_types: ['full_attention'] }, 'CONFIG_INVALID', /1 entries for 4 layers/],
    [
      'qwen2',
      { layer_types: ['full_attention', 'linear_attention'], use_sliding_window: true },
      'CONFIG_INVALID',
      /layer_types/,
    ],
    ['smollm3', { no_rope_layers: [1, 1] }, 'CONFIG_INVALID', /no_rope_layers/],
    ['llama', { hidden_act: 'mish' }, 'CONFIG_INVALID', /hidden_act must not be "mish"/],
    ['llama', { partial_rotary_factor: 0.5 }, 'CONFIG_INVALID', /This family rotates all/],
    ['llama', { is_causal: false }, 'CONFIG_INVALID', /is_causal must not be false/],
    ['gemma3_vision', { is_causal: false }, 'CONFIG_INVALID', /is_causal must not be false/],
    ['gptj', { rotary_dim: null }, 'CONFIG_INVALID', /rotary_dim must not be null/],
    ['deepseek_v2', { scoring_func: 'sigmoid' }, 'CONFIG_INVALID', /scoring_func must not be "sigmoid"/],
    ['deepseek_v3', { head_dim: 4 }, 'CONFIG_INVALID', /head_dim must not be 4/],
    ['deepseek_v3', { moe_layer_freq: 2 }, 'CONFIG_INVALID', /moe_layer_freq must not be 2/],
    ['gpt_oss', { swiglu_alpha: 1.5 }, 'CONFIG_INVALID', /swiglu_alpha must not be 1.5/],
    ['qwen2_sliding', { use_sliding_window: false }, 'CONFIG_INVALID', /use_sliding_window must not be false/],
    ['qwen2_moe', { use_sliding_window: false }, 'CONFIG_INVALID', /use_sliding_window must not be false/],
    ['smollm3_sliding', { use_sliding_window: false }, 'CONFIG_INVALID', /use_sliding_window must not be false/],
    ['llama', { quantization_config: { quant_method: 'gptq' } }, 'MODEL_QUANTIZED', /quantization_config.*"gptq"/],
    [
      'llama',
      { quantization_config: { quant_method: 'fp8', weight_block_size: [128] } },
      'CONFIG_INVALID',
      /weight_block_size/,
    ],
    ['llama', { quantization_config: { quant_method: 'mxfp4' } }, 'MODEL_QUANTIZED', /"mxfp4"/],
    ['llama', { quantization: { bits: 4, group_size: 64 } }, 'MODEL_QUANTIZED', /quantization says/],
    ['gpt_oss', { quantization_config: { quant_method: 'awq' } }, 'MODEL_QUANTIZED', /"awq"/],
    [
      'olmo3',
      { rope_parameters: { rope_theta: 1e4, full_attention: {} } },
      'CONFIG_INVALID',
      /layer type "rope_theta"/,
    ],
    [
      'llama',
      { per_layer_config: { '1': { sliding_window: 8 } } },
      'CONFIG_INVALID',
      /layer 1 a sliding_window.* 8\..*\(none\)/,
    ],
    ['gemma3_vision', { per_layer_config: { '0': 3 } }, 'CONFIG_INVALID', /per_layer_config/],
    ['olmoe', { clip_qkv: 2 }, 'CONFIG_INVALID', /clip_qkv must not be 2/],
    ['minimax_m2', { qk_norm_type: 'per_head' }, 'CONFIG_INVALID', /qk_norm_type/],
    ['glm4_moe', { n_group: 3 }, 'CONFIG_INVALID', /n_group must not be 3/],
    ['exaone_moe', { mlp_layer_types: ['dense'] }, 'CONFIG_INVALID', /mlp_layer_types/],
    ['hunyuan_v1_moe', { moe_topk: [1] }, 'CONFIG_INVALID', /moe_topk/],
    ['mistral3', { text_config: { model_type: 'gemma' } }, 'UNKNOWN_ARCHITECTURE', /"gemma" is not known inside/],
    ['llama', { model_type: 'qwen3_next' }, 'UNKNOWN_ARCHITECTURE', /"qwen3_next" needs linear attention/],
    ['qwen2', { model_type: 'llama', architectures: null }, 'TENSOR_UNKNOWN', /k_proj\.bias/],
    ['qwen3', { model_type: 'llama', architectures: null }, 'TENSOR_UNKNOWN', /k_norm/],
  ])('%s with %j', async (name, change, code, message) => {
    const folder = await withConfig(name, (config) => ({ ...config, ...change }));
    await expect(openModelFolder(folder)).rejects.toEqual(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('quantized weights', () => {
  it('of gpt_oss may be plain where the config says mxfp4: the dtype of each tensor decides', async () => {
    const folder = await withConfig('gpt_oss', (config) => ({
      ...config,
      quantization_config: { quant_method: 'mxfp4' },
    }));
    expect(await specOf(folder)).toBe(await specOf(join(MODELS, 'gpt_oss')));
  });

  it('in 4 bits are read with the powers of two beside them, of layer 0 only what is plain', async () => {
    const first = await openModelFolder(join(MODELS, 'gpt_oss_mxfp4'));
    expect(first.dtype).toBe('BF16');
    const { specText, dtype } = await openModelFolder(join(MODELS, 'gpt_oss_mxfp4'), { layers: [1] });
    expect(dtype).toBe('BF16+U8');
    expect(specText).toMatch(
      /^tensor layers.0.experts.2.down F4_E2M1 32x32 \d+ .*\nscale layers.0.experts.2.down E8M0 1 32 \d+ /m,
    );
  });

  it('in fp8 are read with the factors of their blocks, and take them along', async () => {
    const { specText, tensors } = await openModelFolder(join(MODELS, 'deepseek_v3_fp8'));
    expect(specText).toMatch(/^tensor layers.0.q F8_E4M3 64x32 .*\nscale layers.0.q F32 8 16 \d+ /m);
    expect(tensors.map(({ name }) => name)).toContain('model.layers.0.self_attn.q_b_proj.weight_scale_inv');
    const whole = await openModelFolder(join(MODELS, 'qwen3_fp8_tensor'));
    expect(whole.specText).toMatch(/^scale layers.0.k F32 32 32 \d+ /m);
  });

  it('without the config that says how are refused', async () => {
    for (const name of ['deepseek_v3_fp8', 'gpt_oss_mxfp4']) {
      const folder = await withConfig(name, (config) => ({ ...config, quantization_config: null }));
      await expect(openModelFolder(folder, { layers: [1] })).rejects.toMatchObject({
        code: expect.stringMatching(/^TENSOR_/) as unknown,
      });
    }
  });

  it('with blocks of another size than their factors are for are refused', async () => {
    const folder = await withConfig('deepseek_v3_fp8', (config) => ({
      ...config,
      quantization_config: { quant_method: 'fp8', weight_block_size: [16, 16] },
    }));
    await expect(openModelFolder(folder)).rejects.toMatchObject({ code: 'TENSOR_SHAPE' });
  });
});

describe('rotary parameters for each layer type', () => {
  it('must not have truncate, which transformers reads elsewhere', async () => {
    const folder = await withConfig('olmo3', (config) => {
      const { full_attention: full, ...rest } = config['rope_parameters'] as Record<string, Config>;
      return { ...config, rope_parameters: { ...rest, full_attention: { ...full, truncate: false } } };
    });
    await expect(openModelFolder(folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('full_attention: truncate must not be false') as unknown,
    });
  });
});

describe('what a config leaves to its family', () => {
  it('is as many key heads as query heads in the newest falcon', async () => {
    const config = new ConfigReader({ ...configOf('falcon_new'), num_kv_heads: undefined }, 'config.json');
    expect(
      resolveConfig(new ConfigReader(JSON.parse(JSON.stringify(config.values)) as Config, 'config.json'), undefined)
        .sizes,
    ).toMatchObject({
      heads: 4,
      kvHeads: 4,
    });
  });

  it.each([
    ['llama', 'LlamaModel'],
    ['llama', 'LLaMAForCausalLM'],
    ['llama', 'LlamaForSequenceClassification'],
    ['llama', 'LlamaForRewardModelWithGating'],
    ['llama', 'LlamaModelForScore'],
    ['qwen2', 'Qwen2ForRewardModel'],
    ['qwen2', 'Qwen2ForProcessRewardModel'],
    ['gpt2', 'GPT2DoubleHeadsModel'],
    ['gpt2', 'GPT2Model'],
    ['gpt_neox', 'GPTNeoXRewardModel'],
  ])('may be the head: in %s, %s has the same decoder', async (name, architecture) => {
    const folder = await withConfig(name, (config) => ({ ...config, architectures: [architecture] }));
    expect(await specOf(folder)).toBe(await specOf(join(MODELS, name)));
  });

  it.each(['LlamaBidirectionalModel', 'LlavaForCausalLM', 'LlamaForVision', 'Llama'.repeat(2)])(
    'is not another decoder: %s',
    async (architecture) => {
      const folder = await withConfig('llama', (config) => ({ ...config, architectures: [architecture] }));
      await expect(openModelFolder(folder)).rejects.toMatchObject({ code: 'UNKNOWN_ARCHITECTURE' });
    },
  );

  it.each<[string, unknown]>([
    ['no object at all', {}],
    [
      'the cache of keys and values (compressed-tensors)',
      { quant_method: 'compressed-tensors', config_groups: {}, kv_cache_scheme: { num_bits: 8 } },
    ],
    [
      'the same (modelopt)',
      { quant_method: 'modelopt', quantization: { quant_algo: null, kv_cache_quant_algo: 'FP8' } },
    ],
  ])('are plain weights where what is quantized is %s', async (_, quantization_config) => {
    const folder = await withConfig('llama', (config) => ({ ...config, quantization_config }));
    expect(await specOf(folder)).toBe(await specOf(join(MODELS, 'llama')));
  });

  it('are the same settings where a layer repeats them as its own', async () => {
    const folder = await withConfig('llama', (config) => ({
      ...config,
      per_layer_config: { '1': { hidden_act: config['hidden_act'], hidden_size: config['hidden_size'] } },
    }));
    expect(await specOf(folder)).toBe(await specOf(join(MODELS, 'llama')));
  });
});

describe('slopes of ALiBi', () => {
  it('are powers of 2^(-8/H) for a power of two', () => {
    expect(alibiSlopes(4)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8]);
    expect(mptSlopes(4, 8)).toEqual(alibiSlopes(4));
    expect(mptSlopes(2, 16)).toEqual([2 ** -8, 2 ** -16]);
  });

  it('continue in their own ways for other numbers of heads', () => {
    expect(alibiSlopes(6)).toEqual([...alibiSlopes(4), 2 ** -1, 2 ** -3]);
    expect(mptSlopes(6, 8)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3]);
  });

  it('round to bfloat16 as falcon does, ties to even', () => {
    expect([1, 0.25, 1.00390625, 1.01171875, 2 ** -0.5].map(toBfloat16)).toEqual([1, 0.25, 1, 1.015625, 0.70703125]);
  });
});

describe('mutated configs', () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(null, 0, -1, 1, 1.5, 2 ** 40, '', 'x', true, false, [], {}, [1], { rope_type: 'yarn' }),
    fc.anything({ maxDepth: 2 }),
  );
  const change = fc
    .constantFrom(...NAMES)
    .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...Object.keys(configOf(name))), junk));

  it('open or end with an error that names the file, never otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(change, async ([name, key, value]) => {
        const config = { ...configOf(name), [key]: JSON.parse(JSON.stringify(value) ?? 'null') as unknown };
        const reader = new ConfigReader(config, 'config.json');
        try {
          resolveConfig(reader, undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(LongattnError);
          expect((error as LongattnError).message).toContain('config.json');
        }
      }),
      { numRuns: 1500 },
    );
  });
});
