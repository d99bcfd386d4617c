// Which addon opens what; and that layer 0 has the same bits from either.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import { openModelFolder } from '../../src/model/open-model.js';
import { halfFor } from '../../src/native/half.js';
import { loadBinding, loadTorch } from '../../src/native/load.js';
import { LLAMA, oneWindow, SMOLLM2, someIds } from './models.js';

const MODELS = join(import.meta.dirname, '..', 'fixtures', 'models');
const OPTIONS = { threads: 2, memoryBytes: 1 << 24, device: 'cpu' };

afterEach(() => {
  delete process.env['LONGATTN_TORCH_ADDON'];
  jest.resetModules();
});

const textOf = async (folder: string, options = {}) => (await openModelFolder(folder, options)).specText;

describe('halfFor', () => {
  it('takes the core for layer 0 on the CPU, and the torch half for layers above it, losses and devices', async () => {
    expect(halfFor(await textOf(LLAMA), 'cpu')).toBe(loadBinding());
    expect(halfFor(await textOf(LLAMA, { layers: [0, 1] }), 'cpu')).toBe(loadTorch());
    expect(halfFor(await textOf(LLAMA, { loss: true }), 'cpu')).toBe(loadTorch());
    expect(halfFor(await textOf(LLAMA), 'torch-cpu')).toBe(loadTorch());
  });

  it('takes the torch half for a layer 0 that the lookup path does not know', async () => {
    expect(halfFor(await textOf(join(MODELS, 'deepseek_v2')), 'cpu')).toBe(loadTorch());
  });

  it('asks for the torch half where it is not there, and not before it is needed', async () => {
    process.env['LONGATTN_TORCH_ADDON'] = '/no/such.node';
    const fresh = await import('../../src/native/half.js');
    expect(fresh.halfFor(await textOf(LLAMA), 'cpu').versions()).toEqual(loadBinding().versions());
    const layers = await textOf(LLAMA, { layers: [0, 1] });
    expect(() => fresh.halfFor(layers, 'cpu')).toThrow(expect.objectContaining({ code: 'TORCH_MISSING', exitCode: 4 }));
  });

  it('passes on what is wrong with a spec or a device', () => {
    expect(() => halfFor('longattn-model 1\nset hiden 4', 'cpu')).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    );
    expect(() => halfFor('longattn-model 1', 'gpu')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});

describe('the core', () => {
  it('refuses what the torch half has to open', async () => {
    const { model } = loadBinding().openModel(await textOf(LLAMA, { layers: [0, 1] }), OPTIONS);
    await expect(model).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('gives the bits of the torch half', async () => {
    const request = oneWindow(someIds(1024, 49_152), 256);
    const text = await textOf(SMOLLM2);
    const [own, other] = await Promise.all(
      [loadBinding(), loadTorch()].map(async (half) => {
        const model = await half.openModel(text, OPTIONS).model;
        const scored = await model.score(request);
        model.dispose();
        return scored;
      }),
    );
    expect(own![0]!.ds.every((value) => value > 0)).toBe(true);
    expect(own).toEqual(other);
  });
});
