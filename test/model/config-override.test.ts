// Values in place of those of config.json.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openModelFolder } from '../../src/model/open-model.js';
import { parseSpec } from '../../src/options/spec.js';
import { modelMetadata } from '../../src/native/model-metadata.js';
import { tinyModel } from './tiny-model.js';

const YARN = { type: 'yarn', factor: 4, original_max_position_embeddings: 16, attn_factor: 0.88 };

describe('configOverride', () => {
  it('is the way out where a key is refused, and the same as the file with the value', async () => {
    const contested = await tinyModel({ rope_scaling: YARN });
    await expect(openModelFolder(contested)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/--config-override rope_scaling\.attention_factor=1/),
    });
    const configOverride = { 'rope_scaling.attention_factor': 1 };
    const opened = await openModelFolder(contested, { configOverride });
    expect(opened.settings['rope.main.attention_factor']).toBe(1);
    const written = await openModelFolder(await tinyModel({ rope_scaling: { ...YARN, attention_factor: 1 } }));
    expect(opened.revision).toBe(written.revision);
    expect(modelMetadata(opened)).toMatchObject({ config_override: '{"rope_scaling.attention_factor":1}' });
    expect(modelMetadata(written)).not.toHaveProperty('config_override');
    // The file is as it was.
    expect(readFileSync(path.join(contested, 'config.json'), 'utf8')).not.toMatch(/attention_factor/);
  });

  it('makes objects that are not there, and takes keys away', async () => {
    const folder = await tinyModel();
    const linear = { 'rope_scaling.type': 'linear', 'rope_scaling.factor': 2 };
    expect((await openModelFolder(folder, { configOverride: linear })).settings['rope.main.factor']).toBe(2);
    const scaled = await tinyModel({ rope_scaling: YARN });
    const plain = await openModelFolder(scaled, { configOverride: { rope_scaling: null } });
    expect(plain.revision).toBe((await openModelFolder(folder)).revision);
  });

  it.each([
    ['a key that nobody reads', { rope_thet: 5000 }, /rope_thet.*What is read: .*rope_theta/],
    ['an inert key', { initializer_range: 1 }, /initializer_range/],
    ['a key of an object that nobody reads', { 'rope_scaling.finetuned': true }, /rope_scaling\.finetuned/],
    ['a path through a number', { 'rope_theta.x': 1 }, /"rope_theta" of .* is 10000, no object/],
    ['no prototype', { '__proto__.hidden_size': 4 }, /__proto__/],
  ])('refuses %s', async (_, configOverride, message) => {
    await expect(openModelFolder(await tinyModel(), { configOverride })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it('refuses values that the key may not have as the file would be', async () => {
    await expect(openModelFolder(await tinyModel(), { configOverride: { rope_theta: 'x' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('is typed JSON on a command line, and text where it is none', () => {
    const spec = (configOverride: string | string[] | object) =>
      parseSpec({ input: 'a.txt', model: 'm', output: 'RUN', configOverride } as never).configOverride;
    expect(spec(['a.b=1', 'c=true', 'd=null', 'e=silu', 'f="1"', 'g=[1,2]', 'h=x=y'])).toEqual({
      ...{ 'a.b': 1, c: true, d: null, e: 'silu', f: '1', g: [1, 2], h: 'x=y' },
    });
    expect(spec('a=1e-6')).toEqual({ a: 1e-6 });
    expect(spec({ a: [1] })).toEqual({ a: [1] });
    for (const wrong of ['a', '=1', 'a..b=1', '.a=1', ['a=1', 'a=2'], []]) {
      expect(() => spec(wrong)).toThrow(/configOverride must not be/);
    }
  });

  it('keys that are neither read nor known are told', async () => {
    const { unknownKeys } = await openModelFolder(await tinyModel({ attention_magic: 3, torch_dtype: 'bfloat16' }));
    expect(unknownKeys).toEqual(['attention_magic']);
  });
});
