// Devices that a text names, counted by the addon: what a batch is made of.
import { describe, expect, it } from '@jest/globals';
import { deviceCount, requireDevice } from '../../src/native/device.js';
import { loadTorch } from '../../src/native/load.js';

describe('deviceCount', () => {
  it('is one on the CPU, by our own code or by torch', () => {
    expect(deviceCount('cpu')).toBe(1);
    expect(deviceCount('torch-cpu')).toBe(1);
  });

  it('is the number of GPUs for all of them, each named once, and an error where there is none', () => {
    const { built, devices } = loadTorch().cuda();
    const list = devices.map(({ index }) => `cuda:${index}`);
    if (built && devices.length > 0) {
      expect(deviceCount('cuda:all')).toBe(devices.length);
      expect(deviceCount([...list, ...list].join(','))).toBe(devices.length);
    } else {
      expect(() => deviceCount('cuda:all')).toThrow(expect.objectContaining({ code: 'DEVICE_UNAVAILABLE' }));
      expect(() => requireDevice('cuda:0,cuda:1')).toThrow(expect.objectContaining({ code: 'DEVICE_UNAVAILABLE' }));
    }
  });
});
