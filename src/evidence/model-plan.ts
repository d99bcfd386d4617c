// Which layers are looked at and whether the loss is measured, where the user did not say: as much as the model on this machine allows.
import type { Hooks } from '../base/events.js';
import { resolveModel } from '../hub/resolve-model.js';
import type { ConfigOverride } from '../model/config-override.js';
import { isPartOfModel, openModelFolder } from '../model/open-model.js';
import type { LossScope } from './validate-options.js';

export interface ModelPlan {
  folder: string;
  layers: readonly number[] | 'all';
  loss: LossScope;
}

export interface ModelWish {
  /** A folder, or what else src/hub/resolve-model.ts takes. */
  model: string;
  layers: readonly number[] | 'all' | undefined;
  loss: LossScope | undefined;
  configOverride?: ConfigOverride | undefined;
}

/**
 * Layers default to the first and those at a quarter, half and three quarters of a whole model, and to layer 0 of a part of one. The
 * loss defaults to that of the real windows where the whole model is there.
 * @throws LongattnError as `resolveModel` and `openModelFolder`; never because of a default
 */
export async function planModel(
  { model, layers, loss, configOverride }: ModelWish,
  hooks: Hooks = {},
): Promise<ModelPlan> {
  const wanted = loss === 'real' || loss === 'all';
  const { folder } = await resolveModel(model, { configOverride, layers: layers ?? [0], loss: wanted }, hooks);
  if (loss === 'none') return { folder, layers: withFirst(layers ?? [0]), loss };
  try {
    const { layerCount } = await openModelFolder(folder, { layers: [0], loss: true, configOverride });
    const spread = [...new Set([0, 1, 2, 3].map((quarter) => Math.floor((quarter * layerCount) / 4)))];
    return { folder, layers: withFirst(layers ?? spread), loss: loss ?? 'real' };
  } catch (error) {
    if (wanted || !isPartOfModel(error)) throw error;
    hooks.onProgress?.({
      type: 'warning',
      code: 'LOSS_UNAVAILABLE',
      message: `${folder} holds a part of the model only: nll-gain is left out. Give the whole model to have the yardstick.`,
    });
    return { folder, layers: withFirst(layers ?? [0]), loss: 'none' };
  }
}

/** The paper's layer is always among them: without it nobody knows what the others are better than. */
function withFirst(layers: readonly number[] | 'all'): readonly number[] | 'all' {
  return layers === 'all' || layers.includes(0) ? layers : [0, ...layers];
}
