// Is the device there? Asked before anything is opened.
import { loadBinding } from './load.js';
import { translated } from './translate.js';

/**
 * Refuse a device that this build or this machine has not. Called before a corpus is read or a run directory is made: what was asked
 * for cannot be done here, and that is no fault of the data. `cpu` needs no addon to be known.
 * @throws LongattnError DEVICE_UNAVAILABLE, INVALID_REQUEST (also for LONGATTN_CUDA_KERNEL), ADDON_MISSING
 */
export function requireDevice(device: string): void {
  if (device === 'cpu') return;
  try {
    loadBinding().checkDevice(device);
  } catch (error) {
    throw translated(error);
  }
}
