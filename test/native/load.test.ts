import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { tempFolder } from '../support/temp-folder.js';

const before = process.env['LONGATTN_ADDON'];
afterEach(() => {
  if (before === undefined) delete process.env['LONGATTN_ADDON'];
  else process.env['LONGATTN_ADDON'] = before;
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

  it('finds the addon of this package, once', async () => {
    const { addonPath, loadBinding } = await fresh();
    if (before === undefined) expect(addonPath()).toMatch(/build\/Release\/longattn\.node$/);
    const binding = loadBinding();
    expect(loadBinding()).toBe(binding);
    expect(binding.versions()).toEqual({
      addon: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      torch: expect.stringMatching(/^2\.\d+/),
      napi: expect.any(Number),
    });
    const { kernel, kernels, features } = binding.cpu();
    expect(kernels).toContain(kernel);
    expect(kernels).toEqual(expect.arrayContaining(['portable', 'reference']));
    const cuda = binding.cuda();
    expect(cuda.kernel).toBe('tiles');
    expect(cuda.built || cuda.devices.length === 0).toBe(true);
    expect(features.every((name) => typeof name === 'string')).toBe(true);
  });
});
