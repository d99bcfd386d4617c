// Every model family that is known, by `model_type`.
import { dataError, show } from '../../errors.js';
import type { ConfigReader } from '../config-reader.js';
import type { Family } from '../plan.js';
import { llama, mistral } from './llama.js';

const FAMILIES: Readonly<Record<string, Family>> = { llama, mistral };

/** `model_type` values that are known. */
export function knownModelTypes(): string[] {
  return Object.keys(FAMILIES);
}

/**
 * The family that a config names.
 * @throws LongattnError UNKNOWN_ARCHITECTURE listing the known ones
 */
export function findFamily(config: ConfigReader): Family {
  const modelType = config.text('model_type');
  const family = Object.hasOwn(FAMILIES, modelType) ? FAMILIES[modelType]! : undefined;
  if (!family) {
    throw dataError(
      'UNKNOWN_ARCHITECTURE',
      `${config.path}: model_type ${show(modelType)} is not known. Known are ${knownModelTypes().join(', ')}.`,
    );
  }
  if (config.has('architectures')) {
    const named = config.list('architectures', 'strings', (item): item is string => typeof item === 'string');
    if (!named.some((architecture) => family.architectures.includes(architecture))) {
      throw dataError(
        'UNKNOWN_ARCHITECTURE',
        `${config.path}: architectures ${show(named)} is not known for model_type ${modelType}. Known are ${family.architectures.join(', ')}.`,
      );
    }
  }
  return family;
}
