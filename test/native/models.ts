// Models that the tests of the addon open, and one window's request.
import { join } from 'node:path';
import type { NativeScoreRequest } from '../../src/native/binding.js';
import { openModelFolder } from '../../src/model/open-model.js';

const ROOT = join(import.meta.dirname, '..', '..');

export const LLAMA = join(ROOT, 'test', 'fixtures', 'models', 'llama');
export const SMOLLM2 = join(ROOT, 'models', 'smollm2-135m-layer0');

export async function specOf(folder: string): Promise<string> {
  return (await openModelFolder(folder)).specText;
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
