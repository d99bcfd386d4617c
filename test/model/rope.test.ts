import { describe, expect, it } from '@jest/globals';
import { ConfigReader } from '../../src/model/config-reader.js';
import { readRope } from '../../src/model/rope.js';

const base = { max_position_embeddings: 256 };
const rope = (config: Record<string, unknown>, layerType?: string, theta?: number) =>
  readRope(
    new ConfigReader({ ...base, ...config }, 'config.json'),
    { headDim: 16, theta: 10_000, partial: 1 },
    layerType,
    theta,
  );

describe('old and new forms say the same', () => {
  const llama3 = { factor: 8, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 64 };
  const yarn = { factor: 4, original_max_position_embeddings: 64 };
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['default', { rope_theta: 5e5 }, { rope_parameters: { rope_theta: 5e5, rope_type: 'default' } }],
    ['null', { rope_theta: 5e5, rope_scaling: null }, { rope_parameters: { rope_theta: 5e5 } }],
    [
      'linear',
      { rope_theta: 1e4, rope_scaling: { type: 'linear', factor: 4 } },
      { rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 1e4 } },
    ],
    [
      'llama3',
      { rope_theta: 5e5, rope_scaling: { rope_type: 'llama3', ...llama3 } },
      { rope_parameters: { rope_theta: 5e5, rope_type: 'llama3', ...llama3 } },
    ],
    [
      'both names of the type',
      { rope_scaling: { rope_type: 'yarn', type: 'yarn', ...yarn } },
      { rope_parameters: { rope_type: 'yarn', ...yarn } },
    ],
    ['partial', { partial_rotary_factor: 0.5 }, { rope_parameters: { partial_rotary_factor: 0.5 } }],
    [
      'per layer type',
      { rope_theta: 1e4 },
      { rope_parameters: { full_attention: { rope_theta: 1e4 }, sliding_attention: { rope_theta: 1 } } },
    ],
  ])('%s', (_, old, current) => {
    expect(rope(old)).toEqual(rope(current));
  });

  it('takes the base of the layer type, and an override over all', () => {
    const config = { rope_parameters: { full_attention: { rope_theta: 7 }, sliding_attention: { rope_theta: 3 } } };
    expect(rope(config, 'sliding_attention').theta).toBe(3);
    expect(rope(config, 'sliding_attention', 2.5e6).theta).toBe(2.5e6);
  });
});

describe('what the config leaves out', () => {
  it('yarn scales cos and sin by 0.1 ln(factor) + 1, or as its mscales say', () => {
    const yarn = { type: 'yarn', factor: 4, original_max_position_embeddings: 64 };
    expect(rope({ rope_scaling: yarn }).attentionFactor).toBeCloseTo(0.1 * Math.log(4) + 1, 12);
    expect(rope({ rope_scaling: { ...yarn, mscale: 1, mscale_all_dim: 1 } }).attentionFactor).toBe(1);
    expect(rope({ rope_scaling: { ...yarn, attention_factor: 1.5 } }).attentionFactor).toBe(1.5);
  });

  it('longrope takes its factor from the lengths', () => {
    const list = [1, 2, 3, 4, 5, 6, 7, 8];
    const config = {
      rope_scaling: { type: 'longrope', short_factor: list, long_factor: list },
      original_max_position_embeddings: 64,
    };
    expect(rope(config).attentionFactor).toBeCloseTo(Math.sqrt(1 + Math.log(4) / Math.log(64)), 12);
    expect(rope(config).originalMaxPositions).toBe(64);
  });
});

describe('keys that change no angle', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a note of the trainer', { type: 'linear', factor: 2, finetuned: true }, { type: 'linear', factor: 2 }],
    [
      'a length that dynamic scaling does not ask for',
      { type: 'dynamic', factor: 2, original_max_position_embeddings: 8 },
      { type: 'dynamic', factor: 2 },
    ],
    ['axes of a picture', { type: 'default', mrope_section: [2, 3, 3], mrope_interleaved: true }, { type: 'default' }],
    ['null', { type: null, factor: null, attn_factor: null }, { type: 'default' }],
  ])('%s', (_, scaling, plain) => {
    expect(rope({ rope_scaling: scaling })).toEqual(rope({ rope_scaling: plain }));
  });
});

describe('a factor that programs disagree about', () => {
  const yarn = { type: 'yarn', factor: 4, original_max_position_embeddings: 64, attn_factor: 0.8782488562869419 };

  it.each(['attn_factor', 'short_mscale', 'long_mscale'])('%s is refused with the way out', (key) => {
    const { attn_factor: value, ...rest } = yarn;
    expect(() => rope({ rope_scaling: { ...rest, [key]: value } })).toThrow(
      new RegExp(`${key} is 0.878.*--config-override .*attention_factor=1`),
    );
  });

  it('is passed over where the config says what cos and sin are multiplied by', () => {
    expect(rope({ rope_scaling: { ...yarn, attention_factor: 1 } }).attentionFactor).toBe(1);
    expect(() => rope({ rope_scaling: { type: 'linear', factor: 2, attn_factor: 2, attention_factor: 1 } })).toThrow(
      /attention_factor|attn_factor/,
    );
  });
});

describe('wrong parameters are errors, never defaults', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['unknown type', { rope_scaling: { type: 'ntk', factor: 2 } }, /type must not be "ntk".*one of default, linear/],
    ['type of the prototype', { rope_scaling: { type: 'toString' } }, /must not be "toString"/],
    [
      'unknown key',
      { rope_scaling: { type: 'linear', factor: 2, factr: 3 } },
      /unknown key "factr" for rope type linear/,
    ],
    [
      'key of another type',
      { rope_parameters: { rope_type: 'default', factor: 8 } },
      /unknown key "factor" for rope type default/,
    ],
    [
      'unknown layer type',
      { rope_parameters: { full_attention: {}, slidng_attention: {} } },
      /unknown layer type "slidng_attention"/,
    ],
    ['missing layer type', { rope_parameters: { sliding_attention: {} } }, /full_attention is missing/],
    ['two types', { rope_scaling: { type: 'linear', rope_type: 'dynamic', factor: 2 } }, /type must not be "linear"/],
    [
      'both forms',
      { rope_scaling: { type: 'linear', factor: 2 }, rope_parameters: { rope_type: 'default' } },
      /must not both be given/,
    ],
    ['missing factor', { rope_scaling: { type: 'linear' } }, /factor is missing/],
    ['text', { rope_scaling: { type: 'linear', factor: '2' } }, /factor must not be "2"/],
    ['negative base', { rope_theta: -1 }, /rope_theta must not be -1/],
    [
      'band order',
      { rope_scaling: { type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 1 } },
      /high_freq_factor must not be 1/,
    ],
    [
      'short list',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
      /short_factor must not be \[1\].*list of 8/,
    ],
    ['odd share', { partial_rotary_factor: 0.2 }, /rotates 3 of 16/],
    ['share above 1', { partial_rotary_factor: 2 }, /rotates 32 of 16/],
    ['list', { rope_scaling: [1] }, /rope_scaling must not be \[1\]/],
  ])('%s', (_, config, message) => {
    expect(() => rope(config)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
