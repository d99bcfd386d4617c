import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { addonPath, torchAddonPath } from '../../src/native/addon-paths.js';
import { tempFolder } from '../support/temp-folder.js';

const before = process.env['LONGATTN_ADDON'];
const torchBefore = process.env['LONGATTN_TORCH_ADDON'];
afterEach(() => {
  if (before === undefined) delete process.env['LONGATTN_ADDON'];
  else process.env['LONGATTN_ADDON'] = before;
  if (torchBefore === undefined) delete process.env['LONGATTN_TORCH_ADDON'];
  else process.env['LONGATTN_TORCH_ADDON'] = torchBefore;
  jest.resetModules();
});

/** The loader with nothing loaded yet. */
const fresh = async () => import('../../src/native/load.js');

describe('loadBinding', () => {
  it('says what to do where the addon is not built', async () => {
    process.env['LONGATTN_ADDON'] = '/nonexistent/longattn.node';
    const { loadBinding } = await fresh();
    expect(() => loadBinding()).toThrow(
      expect.objectContaining({
        code: 'ADDON_MISSING',
        exitCode: 4,
        message: expect.stringMatching(/\/nonexistent\/longattn\.node.*npm run setup/),
      }),
    );
  });

  it('says what is wrong with a file that is no addon', async () => {
    const folder = tempFolder();
    process.env['LONGATTN_ADDON'] = join(folder, 'longattn.node');
    await writeFile(process.env['LONGATTN_ADDON'], 'not a library');
    const { loadBinding } = await fresh();
    expect(() => loadBinding()).toThrow(expect.objectContaining({ code: 'ADDON_BROKEN', exitCode: 4 }));
  });

  it('refuses an addon of another version, and says both', async () => {
    process.env['LONGATTN_ADDON'] = join(tempFolder(), 'longattn.cjs');
    await writeFile(process.env['LONGATTN_ADDON'], "exports.versions = () => ({ addon: '99.0.0', napi: 8 });");
    const { loadBinding } = await fresh();
    expect(() => loadBinding()).toThrow(
      expect.objectContaining({
        ...{ code: 'ADDON_BROKEN', exitCode: 4 },
        message: expect.stringMatching(/is of longattn 99\.0\.0, and this is \d+\.\d+\.\d+/),
      }),
    );
  });

  it('finds the addon of this package, once', async () => {
    const { loadBinding } = await fresh();
    if (before === undefined) expect(addonPath()).toMatch(/build\/Release\/longattn\.node$/);
    const binding = loadBinding();
    expect(loadBinding()).toBe(binding);
    expect(binding.versions()).toEqual({
      addon: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      napi: expect.any(Number),
    });
    const { kernel, kernels, features } = binding.cpu();
    expect(kernels).toContain(kernel);
    expect(kernels).toEqual(expect.arrayContaining(['portable', 'reference']));
    expect(features.every((name) => typeof name === 'string')).toBe(true);
  });
});

describe('loadTorch', () => {
  it('says what the torch half is for and what to do where it is not built', async () => {
    process.env['LONGATTN_TORCH_ADDON'] = '/nonexistent/longattn-torch.node';
    const { loadTorch } = await fresh();
    expect(() => loadTorch()).toThrow(
      expect.objectContaining({
        code: 'TORCH_MISSING',
        exitCode: 4,
        message: expect.stringMatching(/\/nonexistent\/longattn-torch\.node.*Layers above 0.*npm run setup/),
      }),
    );
  });

  it('finds that of this package, once', async () => {
    const { loadTorch } = await fresh();
    if (torchBefore === undefined) expect(torchAddonPath()).toMatch(/build\/Release\/longattn-torch\.node$/);
    const half = loadTorch();
    expect(loadTorch()).toBe(half);
    expect(half.torch()).toEqual({
      version: expect.stringMatching(/^2\.\d+/),
      capability: expect.stringMatching(/^[A-Z]/),
    });
    const cuda = half.cuda();
    expect(cuda.kernel).toBe('tiles');
    expect(cuda.built || cuda.devices.length === 0).toBe(true);
  });
});
