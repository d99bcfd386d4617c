// Makes a small model folder that scores the same: config, tokenizer and only the tensors that the asked layers need, unchanged.
//
// The folder appears whole or not at all. With `force` an older one is replaced, but only if an extract wrote it: a slip of the hand
// must not delete a whole model, or a home folder.
import { copyFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LongattnError } from '../base/errors.js';
import type { Hooks, OnProgress } from '../base/events.js';
import { resolveModel, type ResolveModelOptions } from '../hub/resolve-model.js';
import type { LocatedTensor } from '../model/checkpoint.js';
import { openModelFolder } from '../model/open-model.js';
import { readSafetensorsHeader } from '../model/safetensors-header.js';
import { ifExists } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import { replaceFolder } from '../io/replace-folder.js';
import { writeSafetensors } from './write-safetensors.js';

const WEIGHTS = 'model.safetensors';
/** In the header of the weights: how a later call knows what it may replace. */
const MADE_BY = 'longattn model extract';
const COPIED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];
/** The model's terms travel with it. */
const TERMS = /^(licen[cs]e|notice|use_policy)(\.(txt|md))?$/i;
/** Element sizes, so that larger ones come first and every tensor is aligned. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

export interface ExtractOptions extends ResolveModelOptions {
  /** The folder to make. */
  output: string;
  /** Replace an extract that is there. Default: false. */
  force?: boolean;
}

export interface Extract {
  /** Absolute path. */
  folder: string;
  layers: readonly number[];
  tensors: number;
  /** Bytes of model.safetensors. */
  bytes: number;
  sha256: string;
  /** The fingerprint that scores carry: the same as that of the source. */
  revision: string;
}

/**
 * @throws LongattnError OUTPUT_EXISTS, DISK_FULL, NOT_WRITABLE, what `resolveModel` and `openModelFolder` throw, or the signal's reason
 */
export async function extractModel(
  idOrDir: string,
  options: ExtractOptions,
  { signal, onProgress }: Hooks = {},
): Promise<Extract> {
  const output = resolve(options.output);
  await checkOutput(output, options.force ?? false);
  const source = await resolveModel(idOrDir, options, { signal, onProgress });
  const model = await openModelFolder(source.folder, options);
  const tensors = inFileOrder(model.tensors);
  try {
    const extract = await replaceFolder(output, async (draft) => {
      await copySmallFiles(source.folder, draft);
      const metadata = {
        format: 'pt',
        made_by: MADE_BY,
        layers: model.layers.join(','),
        ...(source.id !== undefined && { source: `${source.id}@${source.commit}` }),
      };
      const report = reporter(tensors, onProgress);
      const written = await writeSafetensors(join(draft, WEIGHTS), tensors, metadata, report, signal);
      const { revision } = await openModelFolder(draft, options);
      return { folder: output, layers: model.layers, tensors: tensors.length, ...written, revision };
    });
    onProgress?.({ type: 'stage-done', stage: 'extract', counts: { bytes: extract.bytes } });
    return extract;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

async function checkOutput(output: string, force: boolean): Promise<void> {
  let names: string[] | undefined;
  try {
    names = await ifExists(readdir(output));
  } catch (error) {
    throw writeError(error, output);
  }
  if (names === undefined || names.length === 0) return;
  if (force && (await isExtract(output, names))) return;
  const why = force
    ? 'It is not what an extract wrote, so it is not replaced: choose another folder.'
    : 'Choose another folder, or replace it with --force.';
  throw new LongattnError('OUTPUT_EXISTS', `${output} must not exist already. ${why}`);
}

async function isExtract(folder: string, names: readonly string[]): Promise<boolean> {
  if (!names.includes(WEIGHTS) || !names.every((name) => name === WEIGHTS || isSmall(name))) return false;
  const { metadata } = await readSafetensorsHeader(join(folder, WEIGHTS));
  return metadata.get('made_by') === MADE_BY;
}

/** Files that are copied as they are. */
function isSmall(name: string): boolean {
  return COPIED.includes(name) || TERMS.test(name);
}

async function copySmallFiles(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  for (const name of names.filter(isSmall)) {
    await copyFile(join(from, name), join(to, name));
  }
}

/** Each tensor once (several roles may share one), larger elements first, then as they lie in their files. */
function inFileOrder(tensors: readonly LocatedTensor[]): LocatedTensor[] {
  const size = ({ dtype }: LocatedTensor): number => ELEMENT_BYTES[dtype] ?? 1;
  return [...new Map(tensors.map((tensor) => [tensor.name, tensor])).values()].sort(
    (a, b) => size(b) - size(a) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset),
  );
}

function reporter(tensors: readonly LocatedTensor[], onProgress: OnProgress | undefined): (bytes: number) => void {
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  let completed = 0;
  return (bytes) => {
    completed += bytes;
    onProgress?.({ type: 'progress', stage: 'extract', unit: 'bytes', completed, total });
  };
}
