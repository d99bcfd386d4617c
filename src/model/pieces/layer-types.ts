// Which layers slide and which see everything: from `layer_types`, or from the rule that the family had before that key existed.
import type { ConfigReader } from '../config-reader.js';
import { dataError } from '../../base/errors.js';
import type { PlanContext } from '../plan.js';

export type LayerType = 'full_attention' | 'sliding_attention';

const LAYER_TYPES: readonly LayerType[] = ['full_attention', 'sliding_attention'];

/** The layer's type; `slides` decides where the config has no list. */
export function layerType(model: PlanContext, layer: number, slides: (layer: number) => boolean): LayerType {
  const { config, sizes } = model;
  if (!config.has('layer_types')) return slides(layer) ? 'sliding_attention' : 'full_attention';
  const isType = (item: unknown): item is LayerType => LAYER_TYPES.includes(item as LayerType);
  const types = config.list('layer_types', LAYER_TYPES.join(' or '), isType);
  if (types.length !== sizes.layers) {
    throw dataError(
      'CONFIG_INVALID',
      `${config.path}: layer_types has ${types.length} entries for ${sizes.layers} layers.`,
    );
  }
  return types[layer]!;
}

/** Every n-th layer is full, the others slide. */
export function everyNthFull(config: ConfigReader, key: string, fallback: number): (layer: number) => boolean {
  const period = config.int(key, fallback);
  return (layer) => (layer + 1) % period !== 0;
}

/** Keys that a query of this layer sees; 0: all. */
export function windowOf(model: PlanContext, type: LayerType, absent: number): number {
  return type === 'sliding_attention' ? model.config.intOrNone('sliding_window', absent) : 0;
}

/**
 * What `use_sliding_window: false` says of all layers.
 * @throws LongattnError CONFIG_INVALID where `layer_types` says otherwise: implementations differ in which of the two they heed
 */
export function slidingIsOff(model: PlanContext): boolean {
  const { config, sizes } = model;
  if (config.bool('use_sliding_window', false)) return false;
  for (let layer = 0; layer < sizes.layers; layer++) {
    if (layerType(model, layer, () => false) !== 'full_attention') {
      throw config.wrong('use_sliding_window', 'true where layer_types has sliding_attention');
    }
  }
  return true;
}
