// Quantized weights: which kinds are read, and where the factors of a tensor's blocks lie.
//
// A weight is dequantised as it is read: its element times the factor of its block, in float32. The config decides which kind a
// model has and the dtype which tensors are of it: others stay as they are (modules_to_not_convert).
import { dataError, show, type LongattnError } from '../base/errors.js';
import type { Checkpoint, LocatedTensor } from './checkpoint.js';
import { isObject, type ConfigReader } from './config-reader.js';
import type { TensorRef } from './plan.js';

export interface Quantization {
  /** `cache`: only the cache of keys and values, which is not used here, is rounded. */
  kind: 'none' | 'cache' | 'fp8' | 'mxfp4';
  /** fp8: rows and columns of a block; undefined: one factor a tensor or a row. */
  block?: readonly [number, number];
}

/** Factors of the blocks of one tensor. */
export interface PlacedScale {
  located: LocatedTensor;
  /** Bytes from the start of the file: of the slice, where the tensor's ref takes one. */
  offset: number;
  /** As the native core names it. */
  dtype: string;
  block: readonly [number, number];
}

/** Where a config says that weights are packed, or that activations are rounded while the model runs. */
const KEYS = ['quantization_config', 'compression_config', 'quantization'];
const FP8 = ['F8_E4M3', 'F8_E5M2'];
/** Dtypes of factors, as the native core names them. */
const SCALE_DTYPES: Readonly<Record<string, string>> = {
  F32: 'F32',
  F16: 'F16',
  BF16: 'BF16',
  F8_E8M0: 'E8M0',
  U8: 'E8M0',
};
/** Values that share a factor in mxfp4. */
const MXFP4_BLOCK = 32;
/** Factors of weights, of what goes in, and of the cache: the first are looked for by name, the others round what is not rounded here. */
const COMPANION =
  /(\.(weight_scale_inv|weight_scale|input_scale|activation_scale|output_scale|[kvq]_scale)|_(blocks|scales))$/;

/**
 * @param others methods besides fp8 that the family's weights may have
 * @throws LongattnError MODEL_QUANTIZED, CONFIG_INVALID
 */
export function readQuantization(config: ConfigReader, others: readonly string[]): Quantization {
  let found: Quantization = { kind: 'none' };
  for (const key of KEYS.filter((name) => config.has(name))) {
    const value = config.raw(key);
    if (leavesWeightsPlain(value)) {
      if (Object.keys(value as object).length > 0) found = { kind: 'cache' };
      continue;
    }
    const method = isObject(value) ? value['quant_method'] : undefined;
    if (method === 'fp8') return fp8(config.object(key));
    if (method === 'mxfp4' && others.includes(method)) return { kind: 'mxfp4' };
    throw quantizedError(config.path, `${key} says that the weights are quantized (${show(method ?? value)})`);
  }
  return found;
}

function fp8(config: ConfigReader): Quantization {
  config.only('fmt', 'e4m3', 'float8_e4m3fn', 'e5m2');
  if (!config.has('weight_block_size')) return { kind: 'fp8' };
  const isSize = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) > 0;
  const [rows, columns, ...more] = config.list('weight_block_size', 'two whole numbers above 0', isSize);
  if (columns === undefined || more.length > 0) throw config.wrong('weight_block_size', 'a list of two whole numbers');
  return { kind: 'fp8', block: [rows!, columns] };
}

/** An empty object, or one that rounds the cache of keys and values alone. */
function leavesWeightsPlain(value: unknown): boolean {
  if (!isObject(value)) return false;
  const method = value['quant_method'];
  if (method === 'modelopt' && isObject(value['quantization'])) return value['quantization']['quant_algo'] === null;
  if (method === 'compressed-tensors') {
    const groups = value['config_groups'];
    return isObject(groups) && Object.keys(groups).length === 0;
  }
  return Object.keys(value).length === 0;
}

export function quantizedError(path: string, what: string): LongattnError {
  return dataError(
    'MODEL_QUANTIZED',
    `${path}: ${what}, which is not supported: fp8 (by blocks, rows or tensors) and the mxfp4 of gpt-oss are. ` +
      'Use the model as it was before quantization.',
  );
}

/** Is this a tensor that only a quantized model has, beside its weights? */
export function isCompanion(name: string, { kind }: Quantization): boolean {
  return kind !== 'none' && COMPANION.test(name);
}

/** Names that the factors of a tensor may have. */
export function scaleNames(name: string, { kind }: Quantization): string[] {
  if (kind === 'fp8') return [`${name}_scale_inv`, `${name}_scale`];
  return kind === 'mxfp4' && name.endsWith('_blocks') ? [name.replace(/_blocks$/, '_scales')] : [];
}

/**
 * The factors of a tensor; undefined for one that is not quantized.
 * @throws LongattnError TENSOR_MISSING, TENSOR_SHAPE, TENSOR_DTYPE
 */
export async function locateScale(
  checkpoint: Checkpoint,
  tensor: LocatedTensor,
  ref: TensorRef,
  quantization: Quantization,
): Promise<PlacedScale | undefined> {
  if (ref.mxfp4 ? quantization.kind !== 'mxfp4' : quantization.kind !== 'fp8' || !FP8.includes(tensor.dtype)) return;
  const names = scaleNames(tensor.name, quantization);
  const located = await checkpoint.locate(names.find((name) => checkpoint.has(name)) ?? names[0]!);
  const dtype = SCALE_DTYPES[located.dtype];
  if (dtype === undefined) {
    throw dataError(
      'TENSOR_DTYPE',
      `tensor ${show(located.name)} in ${located.file} has dtype ${located.dtype}. A scale must have one of ${Object.keys(SCALE_DTYPES).join(', ')}.`,
    );
  }
  if (ref.mxfp4) {
    const [count, rows, blocks] = tensor.shape;
    checkScaleShape(located, [count!, rows!, blocks!]);
    return { located, offset: located.offset + (ref.slice ?? 0) * rows! * blocks!, dtype, block: [1, MXFP4_BLOCK] };
  }
  const [rows, columns] = tensor.shape as [number, number];
  return { located, offset: located.offset, dtype, block: blockOf(located, rows, columns, quantization) };
}

function blockOf(
  scale: LocatedTensor,
  rows: number,
  columns: number,
  { block }: Quantization,
): readonly [number, number] {
  const count = scale.shape.reduce((product, size) => product * size, 1);
  if (count === 1) return [rows, columns];
  if (!block) {
    checkScaleShape(scale, [rows, 1]);
    return [1, columns];
  }
  checkScaleShape(scale, [Math.ceil(rows / block[0]), Math.ceil(columns / block[1])]);
  return block;
}

function checkScaleShape(scale: LocatedTensor, wanted: readonly number[]): void {
  if (scale.shape.length === wanted.length && scale.shape.every((size, index) => size === wanted[index])) return;
  throw dataError(
    'TENSOR_SHAPE',
    `tensor ${show(scale.name)} in ${scale.file} has shape [${scale.shape.join(', ')}], and its weights need [${wanted.join(', ')}]. The two do not belong together.`,
  );
}
