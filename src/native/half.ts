// Which of the two addons opens a model.
import type { NativeBinding } from './binding.js';
import { loadBinding, loadTorch } from './load.js';
import { translated } from './translate.js';

/**
 * The core for layer 0 on the CPU; the torch half for all else, and for the families whose layer 0 the core does not know.
 * @param specText from `openModelFolder()`
 * @throws LongattnError ADDON_MISSING, ADDON_BROKEN, TORCH_MISSING, MODEL_INVALID, INVALID_REQUEST
 */
export function halfFor(specText: string, device: string): NativeBinding {
  const core = loadBinding();
  try {
    return core.needsTorch(specText, device) ? loadTorch() : core;
  } catch (error) {
    throw translated(error);
  }
}
