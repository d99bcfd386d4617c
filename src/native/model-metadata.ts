// What decides the numbers, for the schema of a file that holds them. Only names and settings: the same model has the same metadata
// anywhere.
import type { ModelDescription } from '../model/open-model.js';
import { loadBinding, loadTorch } from './load.js';

export function modelMetadata(model: ModelDescription, device = 'cpu'): Record<string, string> {
  const rope = Object.entries(model.settings).filter(([key]) => key.startsWith('rope'));
  return {
    model: model.architecture,
    revision: model.revision,
    dtype: model.dtype,
    ...(model.configOverride && { config_override: JSON.stringify(model.configOverride) }),
    rope: JSON.stringify(Object.fromEntries(rope)),
    kernel: device === 'cpu' ? loadBinding().cpu().kernel : `cuda ${loadTorch().cuda().kernel}`,
  };
}
