// Finds tensors in a model folder: one model.safetensors, or shards named by model.safetensors.index.json.
//
// Headers are read when a tensor of their file is asked for, so a sharded checkpoint's first layer opens one or two files. Only
// safetensors are read: the older .bin and .pt files are pickles, which run code when they are opened.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataError, show, type LongattnError } from '../base/errors.js';
import { isObject, readJsonObject } from './config-reader.js';
import { readSafetensorsHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.js';

/** The index of a model with 100,000 tensors has about 10 MB. */
const MAX_INDEX_BYTES = 100_000_000;
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/;

export interface LocatedTensor extends TensorEntry {
  name: string;
  /** Absolute path. */
  file: string;
}

export class Checkpoint {
  private readonly headers = new Map<string, Promise<SafetensorsHeader>>();

  private constructor(
    /** Absolute path of the folder. */
    readonly folder: string,
    /** File name by tensor name. */
    private readonly files: ReadonlyMap<string, string>,
    /** What the tensor names were read from, for errors. */
    private readonly source: string,
  ) {}

  /**
   * Read the index, or the header of the only file.
   * @throws LongattnError MODEL_NOT_FOUND, PICKLE_ONLY, INDEX_INVALID, SAFETENSORS_INVALID
   */
  static async open(folder: string): Promise<Checkpoint> {
    const path = resolve(folder);
    const names = await listFolder(path);
    if (names.includes(SINGLE)) {
      const file = join(path, SINGLE);
      const header = await readSafetensorsHeader(file);
      const checkpoint = new Checkpoint(path, new Map([...header.tensors.keys()].map((name) => [name, SINGLE])), file);
      checkpoint.headers.set(SINGLE, Promise.resolve(header));
      return checkpoint;
    }
    if (names.includes(INDEX)) {
      const file = join(path, INDEX);
      return new Checkpoint(path, parseIndex(await readJsonObject(file, MAX_INDEX_BYTES), file), file);
    }
    const pickle = names.find((name) => PICKLE.test(name));
    if (pickle !== undefined) {
      throw dataError(
        'PICKLE_ONLY',
        `${path} holds weights only as ${pickle}, a pickle: opening one can run any code. Convert the model to safetensors ` +
          `(save_pretrained with a current transformers does) and use that folder.`,
      );
    }
    throw dataError('MODEL_NOT_FOUND', `${path} holds no weights. It must contain ${SINGLE} or ${INDEX}.`);
  }

  has(name: string): boolean {
    return this.files.has(name);
  }

  /** Name of the file that holds a tensor, as the index says. */
  fileOf(name: string): string | undefined {
    return this.files.get(name);
  }

  names(): Iterable<string> {
    return this.files.keys();
  }

  /**
   * Where a tensor lies.
   * @throws LongattnError TENSOR_MISSING naming the file that was looked into
   */
  async locate(name: string): Promise<LocatedTensor> {
    const fileName = this.files.get(name);
    if (fileName === undefined) throw missing(name, this.source);
    const file = join(this.folder, fileName);
    const entry = (await this.header(fileName)).tensors.get(name);
    if (!entry) throw missing(name, `${file}, where ${INDEX} places it`);
    return { ...entry, name, file };
  }

  private header(fileName: string): Promise<SafetensorsHeader> {
    let header = this.headers.get(fileName);
    if (!header) {
      header = readSafetensorsHeader(join(this.folder, fileName));
      this.headers.set(fileName, header);
    }
    return header;
  }
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    throw dataError('MODEL_NOT_FOUND', `${path} cannot be read as a model folder: ${(error as Error).message}.`, error);
  }
}

function parseIndex(index: Record<string, unknown>, path: string): Map<string, string> {
  const map = index['weight_map'];
  if (!isObject(map)) throw dataError('INDEX_INVALID', `${path}: weight_map must be an object, not ${show(map)}.`);
  for (const [tensor, file] of Object.entries(map)) {
    // A plain file name: anything else could point outside of the folder.
    if (typeof file !== 'string' || !/^[^/\\\0]+\.safetensors$/.test(file)) {
      throw dataError(
        'INDEX_INVALID',
        `${path}: weight_map places tensor ${show(tensor)} in ${show(file)}. It must be the name of a .safetensors file in the same folder.`,
      );
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function missing(name: string, where: string): LongattnError {
  return dataError(
    'TENSOR_MISSING',
    `tensor ${show(name)} is missing from ${where}. Check that the download is complete and that config.json belongs to it. A part of a model, such as the bundled layer 0, has no more than its own layers.`,
  );
}
