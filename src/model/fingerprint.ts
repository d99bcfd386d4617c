// Names the weights that a score was made with, without reading them all: a sha256 over settings, shapes and samples.
//
// Two fine-tunes of one model differ in every matrix, so 4 KiB from the start and the middle of each tensor tell them apart. The
// place of the file does not enter: a copy, or an extract of the same layers, has the same fingerprint.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Settings } from './plan.js';
import { placement, type PlacedTensor } from './spec-text.js';

const SAMPLE_BYTES = 4096;

export async function fingerprint(
  globals: Settings,
  layers: readonly Settings[],
  tensors: readonly PlacedTensor[],
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([globals, layers]));
  const files = new Map<string, FileHandle>();
  try {
    for (const tensor of tensors) {
      const { role, ref, located } = tensor;
      hash.update(JSON.stringify([role, located.dtype, located.shape, ref.transposed, ref.rows, ref.slice]));
      let file = files.get(located.file);
      if (!file) files.set(located.file, (file = await open(located.file, 'r')));
      const { offset } = placement(tensor);
      const end = located.offset + located.bytes;
      for (const start of [offset, Math.floor((offset + end) / 2)]) {
        const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, end - start));
        const { bytesRead } = await file.read(sample, 0, sample.length, start);
        hash.update(sample.subarray(0, bytesRead));
      }
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return hash.digest('hex');
}
