// Models that the tests of the addon open, and one window's request.
import { join } from 'node:path';
import type { NativeScoreRequest } from '../../src/native/binding.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { makeSparseCheckpoint } from '../../scripts/lib/sparse-checkpoint.mjs';
import { tempFolder } from '../support/temp-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');

export const LLAMA = join(ROOT, 'test', 'fixtures', 'models', 'llama');
export const SMOLLM2 = join(ROOT, 'models', 'smollm2-135m-layer0');

const ENDLESS = 10_000;

export async function specOf(folder: string): Promise<string> {
  return (await openModelFolder(folder)).specText;
}

/**
 * A model whose opening takes an hour and little memory: layer 0 of a checkpoint that holds no blocks of the disk, thousands of times, in
 * the type that is mapped and not copied.
 */
export async function endlessSpec(): Promise<string> {
  const folder = tempFolder();
  makeSparseCheckpoint(folder);
  const { specText } = await openModelFolder(folder, { layers: [1] });
  const copied = specText.match(/^tensor layers\.0\..*$/gm)!.join('\n');
  const layers = Array.from({ length: ENDLESS }, (_, n) => copied.replaceAll('layers.0.', `layers.${n}.`));
  return specText
    .replace('set forward.dtype f32', 'set forward.dtype bf16')
    .replace(/^set layers .*$/m, `set layers ${ENDLESS}`)
    .replace(/(^tensor layers\..*\n?)+/m, `${layers.join('\n')}\n`);
}

export function oneWindow(ids: ArrayLike<number>, k: number): NativeScoreRequest {
  return {
    ids: Int32Array.from(ids),
    lengths: Int32Array.of(ids.length),
    k: Int32Array.of(k),
    layers: Int32Array.of(0),
    tokens: true,
  };
}

/** Ids that repeat little, without a random source. */
export function someIds(length: number, vocab: number): Int32Array {
  return Int32Array.from({ length }, (_, n) => (n * n * 31 + n * 7 + 3) % vocab);
}
