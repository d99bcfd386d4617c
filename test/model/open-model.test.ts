import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkReach, openModelFolder } from '../../src/model/open-model.js';
import { layOut, safetensorsBytes, temporaryFolder, TINY_CONFIG, TINY_SHAPES, tinyModel } from './tiny-model.js';

const failure = (code: string, ...parts: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(
      new RegExp(parts.map((part) => part.replace(/[[\].*+?()]/g, '\\$&')).join('[\\s\\S]*')),
    ),
  }) as object;

async function shards(weightMap: Record<string, unknown>, files: Record<string, Record<string, number[]>>) {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'config.json'), JSON.stringify(TINY_CONFIG));
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
  for (const [name, shapes] of Object.entries(files)) {
    const { header, dataBytes } = layOut(shapes);
    await writeFile(join(folder, name), safetensorsBytes(JSON.stringify(header), dataBytes));
  }
  return folder;
}

describe('openModelFolder', () => {
  it('needs only embedding, norm, Wq and Wk for layer 0', async () => {
    const folder = await tinyModel();
    const model = await openModelFolder(folder);
    expect(model).toMatchObject({
      architecture: 'llama',
      layers: [0],
      layerCount: 2,
      heads: 2,
      kvHeads: 1,
      headDim: 4,
      vocabSize: 16,
      maxPositions: 64,
      maxLength: undefined,
      slidingWindows: [0, 0],
      dtype: 'F32',
      bytes: 4 * (16 * 8 + 8 + 8 * 8 + 4 * 8),
    });
    expect(model.specText).toMatch(/^longattn-model 1\n/);
    expect(model.specText).toContain(`tensor layers.0.k F32 4x8 `);
  });

  it('writes paths that hold %, spaces and line breaks so that the core can read them back', async () => {
    const folder = join(await temporaryFolder(), 'a b%\n');
    await mkdir(folder);
    await writeFile(join(folder, 'config.json'), JSON.stringify(TINY_CONFIG));
    const { header, dataBytes } = layOut(TINY_SHAPES);
    await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(JSON.stringify(header), dataBytes));
    const { specText } = await openModelFolder(folder);
    expect(specText).toContain('/a b%25%0A/model.safetensors\n');
    expect(specText.split('\n').filter((line) => line.startsWith('tensor'))).toHaveLength(4);
  });

  it('has the same revision wherever it lies, and another one when a weight or a setting changes', async () => {
    const [a, b, theta] = await Promise.all([tinyModel(), tinyModel(), tinyModel({ rope_theta: 5000 })]);
    const revision = async (folder: string, ropeTheta?: number) =>
      (await openModelFolder(folder, ropeTheta === undefined ? {} : { ropeTheta })).revision;
    expect(await revision(a)).toBe(await revision(b));
    expect(await revision(theta)).not.toBe(await revision(a));
    expect(await revision(a, 5000)).toBe(await revision(theta));
    const { header, dataBytes } = layOut(TINY_SHAPES);
    const bytes = safetensorsBytes(JSON.stringify(header), dataBytes);
    await writeFile(join(b, 'model.safetensors'), bytes.fill(7, bytes.length - 64));
    expect(await revision(b)).not.toBe(await revision(a));
  });

  it('reads only the shards that hold the needed tensors', async () => {
    const { ['model.embed_tokens.weight']: embed, ...rest } = TINY_SHAPES;
    const map = Object.fromEntries(Object.keys(rest).map((name) => [name, 'b.safetensors']));
    const folder = await shards(
      { 'model.embed_tokens.weight': 'a.safetensors', ...map, 'lm_head.weight': 'absent.safetensors' },
      { 'a.safetensors': { 'model.embed_tokens.weight': embed! }, 'b.safetensors': rest },
    );
    const { tensors } = await openModelFolder(folder);
    expect(tensors.map(({ file }) => file.slice(folder.length + 1))).toEqual([
      'a.safetensors',
      'b.safetensors',
      'b.safetensors',
      'b.safetensors',
    ]);
  });
});

describe('a folder that cannot be opened says why', () => {
  it('no folder, no config, no weights', async () => {
    const folder = await temporaryFolder();
    await expect(openModelFolder(join(folder, 'none'))).rejects.toEqual(
      failure('MODEL_FILE_UNREADABLE', 'none/config.json'),
    );
    await writeFile(join(folder, 'config.json'), JSON.stringify(TINY_CONFIG));
    await expect(openModelFolder(folder)).rejects.toEqual(failure('MODEL_NOT_FOUND', folder, 'model.safetensors'));
  });

  it('pickles only', async () => {
    const folder = await tinyModel();
    await rm(join(folder, 'model.safetensors'));
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    await expect(openModelFolder(folder)).rejects.toEqual(failure('PICKLE_ONLY', 'pytorch_model.bin', 'safetensors'));
  });

  it('missing tensor: names the file that was looked into', async () => {
    const { ['model.layers.0.self_attn.k_proj.weight']: _, ...shapes } = TINY_SHAPES;
    const folder = await tinyModel({}, shapes);
    await expect(openModelFolder(folder)).rejects.toEqual(
      failure('TENSOR_MISSING', '"model.layers.0.self_attn.k_proj.weight"', join(folder, 'model.safetensors')),
    );
    await expect(openModelFolder(await tinyModel(), { layers: [1] })).rejects.toEqual(
      failure('TENSOR_MISSING', 'post_attention_layernorm'),
    );
  });

  it('a tensor that the index places in a shard without it', async () => {
    const folder = await shards(Object.fromEntries(Object.keys(TINY_SHAPES).map((name) => [name, 'a.safetensors'])), {
      'a.safetensors': { 'model.embed_tokens.weight': [16, 8] },
    });
    await expect(openModelFolder(folder)).rejects.toEqual(
      failure('TENSOR_MISSING', 'input_layernorm', join(folder, 'a.safetensors')),
    );
  });

  it('shape that contradicts config.json: names both', async () => {
    const folder = await tinyModel({}, { ...TINY_SHAPES, 'model.layers.0.self_attn.q_proj.weight': [8, 9] });
    await expect(openModelFolder(folder)).rejects.toEqual(
      failure('TENSOR_SHAPE', 'q_proj', 'model.safetensors has shape [8, 9]', 'config.json asks for [8, 8]'),
    );
    await expect(openModelFolder(await tinyModel({ vocab_size: 17 }))).rejects.toEqual(
      failure('TENSOR_SHAPE', '[16, 8]', '[17, 8]'),
    );
  });

  it('quantized weights', async () => {
    const folder = await tinyModel();
    const { header, dataBytes } = layOut(TINY_SHAPES);
    const quantized = {
      ...header,
      'model.layers.0.self_attn.q_proj.weight': { ...header['model.layers.0.self_attn.q_proj.weight'], dtype: 'I32' },
    };
    await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(JSON.stringify(quantized), dataBytes));
    await expect(openModelFolder(folder)).rejects.toEqual(
      failure('TENSOR_DTYPE', 'q_proj', 'dtype I32', 'F32, F16 or BF16'),
    );
  });

  it.each([
    '../x.safetensors',
    '/etc/x.safetensors',
    'a/b.safetensors',
    '..\\x.safetensors',
    'x.bin',
    '',
    7,
    null,
    ['a.safetensors'],
  ])('an index that points to %j', async (file) => {
    const folder = await shards({ 'model.embed_tokens.weight': file }, {});
    await expect(openModelFolder(folder)).rejects.toEqual(failure('INDEX_INVALID', 'model.safetensors.index.json'));
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'unknown model_type',
      { model_type: 'lama' },
      ['UNKNOWN_ARCHITECTURE', '"lama"', 'Known are apertus, ', 'llama, '],
    ],
    ['model_type of the prototype', { model_type: 'constructor' }, ['UNKNOWN_ARCHITECTURE', '"constructor"']],
    ['no model_type', { model_type: null }, ['CONFIG_INVALID', 'model_type is missing']],
    [
      'unknown architecture',
      { architectures: ['LlamaForVision'] },
      ['UNKNOWN_ARCHITECTURE', 'LlamaForVision', 'LlamaForCausalLM'],
    ],
    ['text for a number', { hidden_size: '8' }, ['CONFIG_INVALID', 'hidden_size must not be "8"']],
    ['fractional size', { hidden_size: 8.5 }, ['CONFIG_INVALID', 'hidden_size must not be 8.5']],
    ['zero heads', { num_attention_heads: 0 }, ['CONFIG_INVALID', 'num_attention_heads must not be 0']],
    [
      'key heads that do not divide',
      { num_attention_heads: 4, num_key_value_heads: 3 },
      ['CONFIG_INVALID', 'num_key_value_heads must not be 3'],
    ],
    ['huge heads', { head_dim: 1024 }, ['CONFIG_INVALID', 'head_dim must not be 1024', '1 to 512']],
    ['missing size', { hidden_size: null }, ['CONFIG_INVALID', 'hidden_size is missing']],
  ])('config.json with %s', async (_, config, [code, ...parts]) => {
    await expect(openModelFolder(await tinyModel(config))).rejects.toEqual(failure(code!, 'config.json', ...parts));
  });

  it.each(['', '[]', '{', '{"model_type":"llama","model_type":"mistral"}', '\ufeff{}'])(
    'config.json that is %j',
    async (text) => {
      const folder = await tinyModel();
      await writeFile(join(folder, 'config.json'), text);
      await expect(openModelFolder(folder)).rejects.toEqual(failure('CONFIG_INVALID', join(folder, 'config.json')));
    },
  );

  it('a layer that the model does not have', async () => {
    await expect(openModelFolder(await tinyModel(), { layers: [2] })).rejects.toEqual(
      failure('INVALID_OPTION', 'layer must not be 2', '0 to 1'),
    );
  });
});

describe('checkReach', () => {
  it('refuses a sliding layer that sees nothing as far as k, and says what sees farther', async () => {
    const model = await openModelFolder(
      await tinyModel({ model_type: 'mistral', architectures: ['MistralForCausalLM'], sliding_window: 40 }),
    );
    expect(() => checkReach(model, 39)).not.toThrow();
    expect(() => checkReach(model, 40)).toThrow(
      failure('LAYER_CANNOT_SEE_FAR', 'last 40 tokens', 'distance 40', 'No layer'),
    );
    expect(() => checkReach({ ...model, slidingWindows: [40, 0] }, 40)).toThrow(
      failure('LAYER_CANNOT_SEE_FAR', 'sees farther (1), or a k below 40'),
    );
  });
});
