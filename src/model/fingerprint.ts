// Names the weights that a score was made with, without reading them all: a sha256 over settings, shapes and samples.
//
// Two fine-tunes of one model differ in every matrix, so 4 KiB from the start and the middle of each tensor tell them apart. The
// place of the file does not enter: a copy, or an extract of the same layers, has the same fingerprint.
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { LocatedTensor } from './checkpoint.js';
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
      const { role, ref, located, scale } = tensor;
      hash.update(JSON.stringify([role, located.dtype, located.shape, ref.transposed, ref.rows, ref.slice]));
      await addSamples(hash, files, located, placement(tensor).offset);
      if (!scale) continue;
      hash.update(JSON.stringify([scale.dtype, scale.block]));
      await addSamples(hash, files, scale.located, scale.offset);
    }
  } finally {
    for (const file of files.values()) await file.close();
  }
  return hash.digest('hex');
}

async function addSamples(
  hash: Hash,
  files: Map<string, FileHandle>,
  { file: path, offset: from, bytes }: LocatedTensor,
  offset: number,
): Promise<void> {
  let file = files.get(path);
  if (!file) files.set(path, (file = await open(path, 'r')));
  const end = from + bytes;
  for (const start of [offset, Math.floor((offset + end) / 2)]) {
    const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, end - start));
    const { bytesRead } = await file.read(sample, 0, sample.length, start);
    hash.update(sample.subarray(0, bytesRead));
  }
}
