// Is the device there, and how many are named? Asked before anything is opened.
import { loadTorch } from './load.js';
import { translated } from './translate.js';

/**
 * Refuse a device that this build or this machine has not. Called before a corpus is read or a run directory is made: what was asked
 * for cannot be done here, and that is no fault of the data. `cpu` needs no addon to be known.
 * @throws LongattnError DEVICE_UNAVAILABLE, INVALID_REQUEST (also for LONGATTN_CUDA_KERNEL), TORCH_MISSING
 */
export function requireDevice(device: string): void {
  deviceCount(device);
}

/**
 * How many windows are computed at once: one a device, on the CPU one with all threads.
 * @returns 1 for `cpu`, n for a list or `cuda:all`
 * @throws LongattnError as `requireDevice`
 */
export function deviceCount(device: string): number {
  if (device === 'cpu') return 1;
  try {
    return loadTorch().deviceCount(device);
  } catch (error) {
    throw translated(error);
  }
}
