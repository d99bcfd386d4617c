// Writes a resolved model as the text that the native core parses (docs/model-spec.md).
import type { LocatedTensor } from './checkpoint.js';
import type { Setting, Settings, TensorRef } from './plan.js';
import type { PlacedScale } from './quantization.js';

/** A role's tensor, found and checked. */
export interface PlacedTensor {
  role: string;
  ref: TensorRef;
  located: LocatedTensor;
  /** Of a quantized one. */
  scale?: PlacedScale;
}

/** One element's bytes; other dtypes are weights only with a scale. */
export const WEIGHT_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * @param globals settings of the whole model
 * @param layers settings of each layer; those that are equal in all of them are written once
 * @param tensors in the order of writing
 */
export function specText(globals: Settings, layers: readonly Settings[], tensors: readonly PlacedTensor[]): string {
  const lines = ['longattn-model 1'];
  const set = (key: string, value: Setting) => lines.push(`set ${key} ${settingText(value)}`);
  const entries = (settings: Settings) => Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of Object.entries(globals)) set(key, value);
  const common = commonSettings(layers);
  for (const [key, value] of entries(common)) set(key, value);
  layers.forEach((settings, layer) => {
    for (const [key, value] of entries(settings)) {
      if (!Object.hasOwn(common, key)) set(`layers.${layer}.${key}`, value);
    }
  });
  for (const tensor of tensors) lines.push(...tensorLines(tensor));
  return `${lines.join('\n')}\n`;
}

/** First byte of the tensor (of its slice, if the ref takes one) and its shape there. */
export function placement({ ref, located }: PlacedTensor): { offset: number; shape: readonly number[] } {
  if (ref.slice === undefined) return { offset: located.offset, shape: located.shape };
  const offset = located.offset + ref.slice * (located.bytes / located.shape[0]!);
  const shape = located.shape.slice(1);
  return { offset, shape: ref.mxfp4 ? [shape[0]!, shape[1]! * 32] : shape };
}

/** Bytes of one element as it is stored. */
export function elementBytes({ ref, located }: PlacedTensor): number {
  return ref.mxfp4 ? 0.5 : (WEIGHT_BYTES[located.dtype] ?? 1);
}

function tensorLines(tensor: PlacedTensor): string[] {
  const { role, ref, located, scale } = tensor;
  const { offset, shape } = placement(tensor);
  const lines = [
    `tensor ${role} ${ref.mxfp4 ? 'F4_E2M1' : located.dtype} ${shape.join('x') || '1'} ${offset} ${escapePath(located.file)}`,
  ];
  if (scale) {
    const where = `${scale.block.join(' ')} ${scale.offset} ${escapePath(scale.located.file)}`;
    lines.push(`scale ${role} ${scale.dtype} ${where}`);
  }
  const view = [
    ...(ref.transposed ? ['transposed'] : []),
    ...(ref.rows ? [`rows ${ref.rows.start} ${ref.rows.size} ${ref.rows.stride} ${ref.rows.count}`] : []),
  ];
  if (view.length > 0) lines.push(`view ${role} ${view.join(' ')}`);
  return lines;
}

function commonSettings(layers: readonly Settings[]): Settings {
  const [first, ...rest] = layers;
  if (!first) return {};
  const same = ([key, value]: [string, Setting]) =>
    rest.every((layer) => Object.hasOwn(layer, key) && settingText(layer[key]!) === settingText(value));
  return Object.fromEntries(Object.entries(first).filter(same));
}

function settingText(value: Setting): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? value.map(String).join(',') : String(value);
}

function escapePath(path: string): string {
  // eslint-disable-next-line no-control-regex
  return path.replace(/[%\x00-\x1f]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
