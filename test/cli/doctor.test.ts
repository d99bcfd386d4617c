import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { existsSync } from 'node:fs';
import { cli } from '../support/cli.js';

describe('longattn doctor', () => {
  it('prints versions, the path of libtorch, CPU features, the kernel and the devices', async () => {
    const { code, stdout } = await cli(['doctor', '--json']);
    expect(code).toBe(0);
    const facts = JSON.parse(stdout) as Record<string, string>;
    expect(facts).toMatchObject({
      ...{ longattn: expect.stringMatching(/^\d+\.\d+\.\d+/), node: process.versions.node, addon: 'loaded' },
      ...{
        libtorch: expect.stringMatching(/^\d+\.\d+/),
        'CPU features': expect.any(String),
        devices: expect.any(String),
        'addon gives': 'layer 0 on the CPU',
        'torch half gives': expect.stringMatching(/losses/),
      },
    });
    expect(facts['kernels']!.split(' ')).toContain(facts['kernel']);
    if (process.platform === 'linux') {
      expect(existsSync(path.join(facts['libtorch path']!, 'libtorch_cpu.so'))).toBe(true);
    }
  });

  it('ends with 0 where the torch half alone is missing, and says what for it would be', async () => {
    const { code, stdout } = await cli(['doctor', '--json'], { LONGATTN_TORCH_ADDON: '/no/such.node' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ addon: 'loaded', devices: 'cpu (layer 0)' },
      'torch half': expect.stringMatching(/^missing: .*Layers above 0/),
    });
  });

  it('works without the addon, says what for and how to get it, and ends with 4', async () => {
    const { code, stdout } = await cli(['doctor'], { LONGATTN_ADDON: '/no/such.node' });
    expect(code).toBe(4);
    expect(stdout).toMatch(/^devices +none$/m);
    expect(stdout).toMatch(/^longattn +\d+\.\d+\.\d+$/m);
    expect(stdout).toMatch(/missing: .*\/no\/such\.node.*attention needs it.*npm run setup/);
  });
});
