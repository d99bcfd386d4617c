// A device that ran out of memory goes on with less at a time. Slower than it need be: so the user hears of it.
import type { OnProgress } from '../base/events.js';

/**
 * Watches a model's counters for what its devices did about a lack of memory.
 * @param counters of an open model
 * @returns to be called after a batch: one warning DEVICE_OUT_OF_MEMORY for all new cases together
 */
export function memoryWatch(counters: () => Record<string, number>, onProgress: OnProgress | undefined): () => void {
  let told = 0;
  return () => {
    const { deviceOutOfMemory = 0, decoderOutOfMemory = 0 } = counters();
    const times = deviceOutOfMemory + decoderOutOfMemory;
    if (times <= told) return;
    const more = times - told;
    told = times;
    onProgress?.({
      type: 'warning',
      code: 'DEVICE_OUT_OF_MEMORY',
      message: `the device ran out of memory ${more === 1 ? 'once' : `${more} times`}: from now on it works on half as much at a time, which takes longer and changes the last digits at most. End other programs on the device, or use shorter windows.`,
    });
  };
}
