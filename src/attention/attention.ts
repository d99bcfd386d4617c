// Attention itself, to look at: chosen rows of the L x L matrix, and the whole of it as block means. Neither needs memory for the
// matrix: a map of 32,768 tokens is one more pass like that of a score.
import { dataError, invalid } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { checkIds } from '../corpus/ids.js';
import { isWellFormed } from '../corpus/utf8.js';
import { resolveModel } from '../hub/resolve-model.js';
import { resolveTokenizer } from '../hub/resolve-tokenizer.js';
import { openModelFolder, type ModelDescription } from '../model/open-model.js';
import { requireDevice } from '../native/device.js';
import { modelMetadata } from '../native/model-metadata.js';
import { Scorer } from '../native/scorer.js';
import { modelOptions } from '../options/spec.js';
import { openTokenizer } from '../tokenizer/tokenizer.js';
import { parseAttentionOptions, type AttentionOptions, type ParsedAttention } from '../options/attention-options.js';

/** Blocks of a map where nothing else is said. */
const DEFAULT_BLOCKS = 256;

/** Attention of one layer and head, or of the mean over heads. Every number is a share of attention, 0..1. */
export interface HeadAttention {
  layer: number;
  head: number | 'mean';
  /**
   * One a row asked for, `[n + 1]`: M[n, i] for the keys i = 0..n, in float64 rounded once; 0 where a sliding window hides a key. A row
   * sums to 1, or to less by what a sink logit takes (gpt_oss).
   */
  rows: Float32Array[];
  /**
   * `[B x B]`, row-major, if asked for: cell (i, j) is the mean of M over the rows of block i and the keys of block j, with 0 for what
   * the mask hides. The cells of a row of blocks, each times the width of its key block, sum to 1 (or to less, as above).
   */
  map?: Float32Array;
}

export interface AttentionResult {
  /** The window: `[L]` token ids. */
  ids: Int32Array;
  /** Rows that were asked for, ascending, each once. */
  rows: readonly number[];
  /** B; 0: no map. */
  blocks: number;
  /** First token of each block and, last, L: `[B + 1]`, floor(j*L/B). Of rows and keys alike. Empty: no map. */
  edges: Int32Array;
  /** Layers ascending, heads within. */
  attention: HeadAttention[];
  /** Model, revision, dtype, rope and kernel, by name. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * Look at the attention of a window.
 * @throws LongattnError INVALID_OPTION, MISSING_OPTION, DEVICE_UNAVAILABLE, TEXT_INVALID, TOKEN_ID, those of the model, the tokenizer and the
 *   addon (ATTENTION_NOT_FINITE names layer and head); or the signal's reason
 */
export async function attention(given: AttentionOptions, hooks: Hooks = {}): Promise<AttentionResult> {
  const { signal, onProgress } = hooks;
  const options = parseAttentionOptions(given, onProgress);
  requireDevice(options.device);
  signal?.throwIfAborted();
  const { layers, threads, device, configOverride } = options;
  const { folder } = await resolveModel(options.model, { layers, configOverride }, hooks);
  const model = await openModelFolder(folder, { layers, ...modelOptions(options) });
  const ids = checkWindow(await readWindow(options, folder, hooks), model, options);
  const heads = chooseHeads(options.heads, model.heads);
  const blocks = Math.min(ids.length, blocksOf(options));
  const request = {
    ids,
    layers: Int32Array.from(model.layers),
    heads: Int32Array.from(heads),
    mean: options.heads === 'mean',
    rows: Int32Array.from(options.rows),
    blocks,
  };
  signal?.throwIfAborted();
  await using scorer = await Scorer.open(model.specText, { threads, device }, undefined, { signal });
  onProgress?.({ type: 'stage-start', stage: 'attention', parts: model.layers.length, done: 0 });
  const found = await scorer.attention(request, { signal });
  const counts = { tokens: ids.length, layers: model.layers.length, heads: heads.length };
  onProgress?.({ type: 'stage-done', stage: 'attention', counts });
  return {
    ids,
    rows: options.rows,
    blocks,
    edges: blocks === 0 ? new Int32Array(0) : edgesOf(ids.length, blocks),
    attention: found.map((one) => ({ ...one, head: one.head < 0 ? 'mean' : one.head })),
    metadata: { ...modelMetadata(model), ...(device !== 'cpu' && { device }) },
  };
}

async function readWindow(options: ParsedAttention, folder: string, hooks: Hooks): Promise<Int32Array> {
  const { text, ids, start, window, tokenizer } = options;
  if (text === undefined) {
    const checked = checkIds(ids);
    if ('reason' in checked) throw dataError('TOKEN_ID', `ids ${checked.reason}.`);
    return checked.slice(start, start + window);
  }
  if (!isWellFormed(text)) throw dataError('TEXT_INVALID', 'text has half a surrogate pair: it is no Unicode text.');
  const place = tokenizer === undefined ? folder : (await resolveTokenizer(tokenizer, {}, hooks)).place;
  return (await (await openTokenizer(place)).encode(text)).ids.slice(start, start + window);
}

function checkWindow(ids: Int32Array, model: ModelDescription, { start, rows }: ParsedAttention): Int32Array {
  if (ids.length === 0) throw invalid('start', start, 'less than the number of tokens that there are');
  const wrong = ids.findIndex((id) => id >= model.vocabSize);
  if (wrong >= 0) {
    throw dataError(
      'TOKEN_ID',
      `token id ${ids[wrong]} at ${start + wrong} is not one of this model, 0 to ${model.vocabSize - 1}: it comes from another tokenizer.`,
    );
  }
  if (model.maxLength !== undefined && ids.length > model.maxLength) {
    throw invalid(
      'window',
      ids.length,
      `at most ${model.maxLength}: the positions of this model, or the rule for them, end there`,
    );
  }
  const beyond = rows.find((row) => row >= ids.length);
  if (beyond !== undefined) {
    throw invalid('rows', beyond, `from 0 to ${ids.length - 1}: the window has ${ids.length} tokens`);
  }
  return ids;
}

function chooseHeads(asked: ParsedAttention['heads'], count: number): readonly number[] {
  if (!Array.isArray(asked)) return Array.from({ length: count }, (_, head) => head);
  const beyond = asked.find((head) => head >= count);
  if (beyond !== undefined) throw invalid('heads', beyond, `from 0 to ${count - 1}: the model has ${count} heads`);
  return asked;
}

function blocksOf({ map, rows }: ParsedAttention): number {
  if (map === undefined) return rows.length > 0 ? 0 : DEFAULT_BLOCKS;
  if (map === false && rows.length === 0) throw invalid('map', map, 'a number of blocks where no rows are asked for');
  return map === true ? DEFAULT_BLOCKS : map === false ? 0 : map;
}

function edgesOf(length: number, blocks: number): Int32Array {
  return Int32Array.from({ length: blocks + 1 }, (_, j) => Math.floor((j * length) / blocks));
}
