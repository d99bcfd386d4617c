// What a model is and what the asked layers would read of it. Of a model on the Hub only the tensor headers are fetched.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { countBytes } from '../model/byte-ranges.js';
import { missingRanges } from '../model/range-ledger.js';
import type { ModelFolder } from '../hub/model-folder.js';
import { resolveModel, type ResolveModelOptions } from '../hub/resolve-model.js';
import { readJsonObject, isObject } from '../model/config-reader.js';
import { describeModelFolder } from '../model/open-model.js';
import { ifExists } from '../io/file-system.js';
import type { Hooks } from '../base/events.js';
import { LongattnError } from '../base/errors.js';
import { openTokenizer, type Tokenizer } from '../tokenizer/tokenizer.js';

const MAX_INDEX_BYTES = 100_000_000;

export interface ModelReport extends ModelFolder {
  /** `model_type` of its config. */
  architecture: string;
  layerCount: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  hiddenSize: number;
  vocabSize: number;
  /** Positions that the model was made for; undefined: its config does not say. */
  maxPositions: number | undefined;
  /** Longest window that can be computed at all; undefined: no such limit. */
  maxLength: number | undefined;
  /** Sliding window of every layer; 0: full attention. */
  slidingWindows: readonly number[];
  /** Keys of config.json that are neither read nor known to change nothing. */
  unknownKeys: readonly string[];
  dtype: string;
  /** The layers asked for. */
  layers: readonly number[];
  /** What these layers read, in the order of the files. */
  tensors: { name: string; dtype: string; shape: readonly number[]; bytes: number; file: string }[];
  /** Bytes that these layers read. */
  bytes: number;
  /** Of them and what lies beside them in the same tensors, bytes that are not on this machine yet. */
  missingBytes: number;
  /** What the tokenizer puts around every text, or why that is not known: the model can be looked at without. */
  tokenizer: Pick<Tokenizer, 'added' | 'warnings'> | { problem: string };
  /** Bytes of all weights of the model; undefined where its index does not say. */
  totalBytes: number | undefined;
}

/** @throws as `resolveModel` and `openModelFolder` */
export async function inspectModel(
  idOrDir: string,
  options: ResolveModelOptions = {},
  hooks: Hooks = {},
): Promise<ModelReport> {
  const found = await resolveModel(idOrDir, { ...options, headersOnly: true }, hooks);
  const { folder } = found;
  const {
    path: _path,
    settings: _settings,
    specText: _text,
    tensors,
    ...facts
  } = await describeModelFolder(folder, options);
  const missing = await missingRanges(tensors);
  return {
    ...found,
    ...facts,
    tensors: [...new Map(tensors.map((tensor) => [tensor.name, tensor])).values()]
      .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset))
      .map(({ name, dtype, shape, bytes, file }) => ({ name, dtype, shape, bytes, file: basename(file) })),
    missingBytes: [...missing.values()].reduce((sum, ranges) => sum + countBytes(ranges), 0),
    tokenizer: await addedTokens(folder),
    totalBytes: await totalBytes(folder),
  };
}

async function addedTokens(folder: string): Promise<ModelReport['tokenizer']> {
  try {
    const { added, warnings } = await openTokenizer(folder);
    return { added, warnings };
  } catch (error) {
    if (error instanceof LongattnError) return { problem: error.message };
    throw error;
  }
}

async function totalBytes(folder: string): Promise<number | undefined> {
  const single = await ifExists(stat(join(folder, 'model.safetensors')));
  if (single) return single.size;
  const index = await readJsonObject(join(folder, 'model.safetensors.index.json'), MAX_INDEX_BYTES);
  const metadata = index['metadata'];
  const size = isObject(metadata) ? metadata['total_size'] : undefined;
  return Number.isSafeInteger(size) ? (size as number) : undefined;
}
