import { describe, expect, it } from '@jest/globals';
import { openModelFolder } from '../../src/model/open-model.js';
import { TINY_SHAPES, tinyModel } from './tiny-model.js';

const LAYER = 'model.layers.0.';
/** All that a layer has, so that the second one can be scored, or the loss computed. */
const WHOLE: Record<string, number[]> = {
  ...TINY_SHAPES,
  ...layer('model.layers.0.'),
  ...layer('model.layers.1.'),
  'model.norm.weight': [8],
  'lm_head.weight': [16, 8],
};

function layer(root: string): Record<string, number[]> {
  return {
    [`${root}input_layernorm.weight`]: [8],
    [`${root}self_attn.q_proj.weight`]: [8, 8],
    [`${root}self_attn.k_proj.weight`]: [4, 8],
    [`${root}self_attn.v_proj.weight`]: [4, 8],
    [`${root}self_attn.o_proj.weight`]: [8, 8],
    [`${root}post_attention_layernorm.weight`]: [8],
    [`${root}mlp.gate_proj.weight`]: [12, 8],
    [`${root}mlp.up_proj.weight`]: [12, 8],
    [`${root}mlp.down_proj.weight`]: [8, 12],
  };
}

const withTensor = (name: string) => tinyModel({}, { ...WHOLE, [name]: [8] });
const refusal = (name: string): unknown =>
  expect.objectContaining({ code: 'TENSOR_UNKNOWN', message: expect.stringContaining(`"${name}"`) });

describe('a tensor that the family does not know', () => {
  it.each([
    `${LAYER}input_layernorm.bias`,
    `${LAYER}self_attn.q_proj.bias`,
    `${LAYER}self_attn.q_norm.weight`,
    `${LAYER}self_attn.sinks`,
    `${LAYER}self_attn.q_proj.weight_scale_inv`,
    `${LAYER}pre_feedforward_layernorm.weight`,
    'model.embed_tokens.bias',
    'model.embed_positions.weight',
    'model.word_embeddings_layernorm.weight',
    'model.project_in.weight',
  ])('%s is refused for layer 0', async (name) => {
    await expect(openModelFolder(await withTensor(name))).rejects.toEqual(refusal(name));
  });

  it.each([`${LAYER}mlp.gate_proj.bias`, `${LAYER}post_attention_layernorm.bias`, `${LAYER}mlp.experts.0.w1.weight`])(
    '%s is refused where the layer is run, and not where it is only scored',
    async (name) => {
      const folder = await withTensor(name);
      await expect(openModelFolder(folder)).resolves.toBeDefined();
      await expect(openModelFolder(folder, { layers: [1] })).rejects.toEqual(refusal(name));
    },
  );

  it.each(['model.norm.bias', 'lm_head.bias'])('%s is refused for the loss alone', async (name) => {
    const folder = await withTensor(name);
    await expect(openModelFolder(folder, { layers: 'all' })).resolves.toBeDefined();
    await expect(openModelFolder(folder, { loss: true })).rejects.toEqual(refusal(name));
  });

  it.each([
    `${LAYER}self_attn.rotary_emb.inv_freq`,
    `${LAYER}self_attn.masked_bias`,
    'model.rotary_emb.inv_freq',
    'model.layers.2.eh_proj.weight',
    'model.vision_tower.patch_embed.weight',
    'score.weight',
  ])('%s is of no consequence', async (name) => {
    await expect(openModelFolder(await withTensor(name), { layers: 'all', loss: true })).resolves.toBeDefined();
  });
});

describe('a head that the config ties to the embedding', () => {
  const headOf = async (shapes: Record<string, number[]>) => {
    const folder = await tinyModel({ tie_word_embeddings: true }, shapes);
    const { tensors, specText } = await openModelFolder(folder, { loss: true });
    expect(specText).toContain('tensor head F32');
    return tensors.at(-1)!.name;
  };

  it('is the embedding, or the one that was saved', async () => {
    const { 'lm_head.weight': _, ...tied } = WHOLE;
    expect(await headOf(tied)).toBe('model.embed_tokens.weight');
    expect(await headOf(WHOLE)).toBe('lm_head.weight');
  });
});
