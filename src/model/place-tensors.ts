// Finds every tensor of a plan in the checkpoint and checks it against config.json.
import { dataError, show } from '../base/errors.js';
import type { Checkpoint, LocatedTensor } from './checkpoint.js';
import type { TensorRef, Tensors } from './plan.js';
import { locateScale, type Quantization } from './quantization.js';
import { elementBytes, placement, WEIGHT_BYTES, type PlacedTensor } from './spec-text.js';

/**
 * @param prefix start of the decoder's tensor names
 * @param tensors by role, names relative to `prefix` unless absolute
 * @throws LongattnError TENSOR_MISSING, TENSOR_SHAPE, TENSOR_DTYPE
 */
export async function placeTensors(
  checkpoint: Checkpoint,
  prefix: string,
  tensors: Tensors,
  configPath: string,
  quantization: Quantization = { kind: 'none' },
): Promise<PlacedTensor[]> {
  const placed: PlacedTensor[] = [];
  for (const [role, ref] of Object.entries(tensors)) {
    const located = await checkpoint.locate(tensorName(ref, prefix));
    const form = ref.otherwise && !hasShape(located, ref) && hasShape(located, ref.otherwise) ? ref.otherwise : ref;
    checkShape(located, form, configPath);
    const scale = await locateScale(checkpoint, located, form, quantization);
    if (!scale || form.transposed || (form.slice !== undefined && !form.mxfp4)) checkDtype(located);
    placed.push({ role, ref: form, located, ...(scale && { scale }) });
  }
  return placed;
}

/** The tensor's complete name in the checkpoint. */
export function tensorName(ref: TensorRef, prefix: string): string {
  return ref.absolute ? ref.name : prefix + ref.name;
}

/** Bytes that the tensors' views cover, each byte of a file counted once. */
export function bytesRead(tensors: readonly PlacedTensor[]): number {
  const seen = new Set<string>();
  let bytes = 0;
  for (const tensor of tensors) {
    const { ref, located, scale } = tensor;
    const { offset, shape } = placement(tensor);
    const key = JSON.stringify([located.file, offset, ref.transposed, ref.rows]);
    if (seen.has(key)) continue;
    seen.add(key);
    const matrix = ref.transposed ? [...shape].reverse() : shape;
    const rows = ref.rows ? ref.rows.size * ref.rows.count : (matrix[0] ?? 1);
    bytes += matrix.slice(1).reduce((product, size) => product * size, rows) * elementBytes(tensor);
    if (scale) bytes += ref.slice === undefined ? scale.located.bytes : scale.located.bytes / scale.located.shape[0]!;
  }
  return bytes;
}

function checkDtype(located: LocatedTensor): void {
  if (!Object.hasOwn(WEIGHT_BYTES, located.dtype)) {
    throw dataError(
      'TENSOR_DTYPE',
      `tensor ${show(located.name)} in ${located.file} has dtype ${located.dtype}. It must be F32, F16 or BF16: of quantized weights ` +
        `only fp8 and the mxfp4 of gpt-oss are read, where the config says so. Use the model as it was before quantization.`,
    );
  }
}

function checkShape(located: LocatedTensor, ref: TensorRef, configPath: string): void {
  if (!hasShape(located, ref)) {
    throw dataError(
      'TENSOR_SHAPE',
      `tensor ${show(located.name)} in ${located.file} has shape [${located.shape.join(', ')}], and ${configPath} asks for ` +
        `[${ref.shape.join(', ')}]. The two do not belong together.`,
    );
  }
}

function hasShape({ shape }: LocatedTensor, ref: TensorRef): boolean {
  return shape.length === ref.shape.length && shape.every((size, index) => size === ref.shape[index]);
}
