// What decides the numbers, for the schema of a file that holds them. Only names and settings: the same model has the same metadata
// anywhere.
import type { ModelDescription } from '../model/open-model.js';
import { loadBinding, loadTorch } from './load.js';
import { translated } from './translate.js';

/** @throws LongattnError INVALID_REQUEST where LONGATTN_CPU_KERNEL or LONGATTN_CUDA_KERNEL names no kernel */
export function modelMetadata(model: ModelDescription, device = 'cpu'): Record<string, string> {
  const rope = Object.entries(model.settings).filter(([key]) => key.startsWith('rope'));
  return {
    model: model.architecture,
    revision: model.revision,
    dtype: model.dtype,
    ...(model.configOverride && { config_override: JSON.stringify(model.configOverride) }),
    rope: JSON.stringify(Object.fromEntries(rope)),
    kernel: kernelOf(device),
  };
}

function kernelOf(device: string): string {
  try {
    return device === 'cpu' ? loadBinding().cpu().kernel : `cuda ${loadTorch().cuda().kernel}`;
  } catch (error) {
    throw translated(error);
  }
}
