// The options of a look at attention.
import { z } from 'zod';
import type { OnProgress } from '../base/events.js';
import { LongattnError } from '../base/errors.js';
import { parseIntegerList, parseNumber } from '../base/units.js';
import { currentNames, parseRows } from './parse-rows.js';
import type { Parsed, Rows, RowsOf } from './row.js';
import { RUN } from './table.js';
import * as type from './types.js';

/** Most blocks of a map; more would be a matrix. The core has the same limit. */
const MAX_BLOCKS = 1024;

export interface AttentionOptions {
  /** A folder, `org/name[@revision]` on the Hub, or a fetched model. */
  model: string;
  /** Reads the text: a tokenizer.json, a folder with one, or `org/name[@revision]` on the Hub. Default: the model's. */
  tokenizer?: string | undefined;
  /** What the model reads: a text, for the tokenizer of the model ... */
  text?: string | undefined;
  /** ... or its token ids, as they are. */
  ids?: ArrayLike<number> | undefined;
  /** First token of the window, from 0. Default: 0. */
  start?: number | `${number}` | undefined;
  /** L: tokens of the window at most; it ends with the text. Default: 32,768. */
  window?: number | `${number}` | undefined;
  /** Layers, from 0: a number, a list, or `all`. Default: [0]. */
  layers?: number | readonly number[] | 'all' | `${number}` | `${number},${string}` | undefined;
  /** Head numbers; `all`: a result a head; `mean`: one result, the mean over all heads. Default: `all`. */
  heads?: number | readonly number[] | 'all' | 'mean' | `${number}` | `${number},${string}` | undefined;
  /** Rows of the matrix, 0 to L-1: which tokens do the looking. Default: none. */
  rows?: number | readonly number[] | `${number}` | `${number},${string}` | undefined;
  /** B, blocks of the map to either side, 1 to 1,024; true: 256; false: no map. At most L. Default: true where no rows are asked for. */
  map?: number | boolean | 'none' | `${number}` | undefined;
  /** Default: 0, all cores. Changes no bit. */
  threads?: number | `${number}` | undefined;
  /** Where layers are run: `cpu`, or `cuda`, `cuda:1` in a CUDA build. Rows and map are the CPU's in any case. Default: `cpu`. */
  device?: string | undefined;
  /** RoPE base, a positive number. Default: the model's own. */
  ropeTheta?: number | `${number}` | undefined;
  /** In place of what config.json says: by dotted path, or `KEY=VALUE` with a value in JSON. */
  configOverride?: string | readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** What layers above 0 are run in: float32, or the type of the model's weights. Default: `float32`. */
  dtype?: 'float32' | 'weights' | undefined;
}

const ascending = z.array(z.int().min(0)).transform((list) => [...new Set(list)].sort((a, b) => a - b));
const some = ascending.refine((list) => list.length > 0);

export const ATTENTION = {
  model: { ...RUN.model, stage: 'attention', required: true, absent: undefined },
  tokenizer: { ...RUN.tokenizer, stage: 'attention', help: "another tokenizer than the model's" },
  text: {
    stage: 'attention',
    group: 'attention',
    type: type.text,
    variable: false,
    allowed: 'a text that is not empty',
    help: 'the text itself',
  },
  ids: {
    stage: 'attention',
    group: 'attention',
    type: z.custom<ArrayLike<number>>(isArrayLike),
    variable: false,
    allowed: 'a list of token ids',
    help: 'token ids instead of a text: a list such as 1,2,3, or a JSON file with one',
  },
  start: {
    stage: 'attention',
    group: 'attention',
    type: type.whole(0),
    variable: false,
    default: '0',
    allowed: 'a whole number of tokens from 0',
    help: 'first token of the window',
  },
  window: { ...RUN.window, stage: 'attention', group: 'attention', help: 'tokens of the window, at most' },
  layers: {
    ...RUN.layers,
    stage: 'attention',
    group: 'attention',
    type: z.preprocess(parseIntegerList, z.union([z.literal('all'), some])),
    allowed: 'a layer number from 0, a list such as 0,7, or all',
    help: 'layers: 0, a list such as 0,7, or all',
  },
  heads: {
    stage: 'attention',
    group: 'attention',
    type: z.preprocess(parseIntegerList, z.union([z.literal('all'), z.literal('mean'), some])),
    default: 'all',
    allowed: 'all, mean (over all heads), or a list of head numbers such as 0,3',
    help: 'heads: all, a list such as 0,3, or mean (one result, over all)',
  },
  rows: {
    stage: 'attention',
    group: 'attention',
    type: z.preprocess(parseIntegerList, ascending),
    variable: false,
    absent: 'none',
    allowed: 'a list of rows such as 100,2000',
    help: 'rows to write in full, as a list such as 100,2000',
  },
  map: {
    stage: 'attention',
    group: 'attention',
    type: z.preprocess(parseMap, z.union([z.boolean(), z.int().min(1).max(MAX_BLOCKS)])),
    kind: 'optional',
    variable: false,
    absent: '256 without --rows, none with',
    allowed: `none, or a whole number of blocks from 1 to ${MAX_BLOCKS}`,
    help: 'blocks of the map to either side: --map, or --map 64; "none" for no map',
  },
  threads: RUN.threads,
  device: {
    ...RUN.device,
    type: type.text,
    allowed: 'cpu, cuda, cuda:i with i from 0, or cuda:all',
    help: 'where layers are run: cpu, cuda or cuda:i',
  },
  dtype: { ...RUN.dtype, stage: 'attention', group: 'attention' },
  ropeTheta: { ...RUN.ropeTheta, stage: 'attention', group: 'attention' },
  configOverride: { ...RUN.configOverride, stage: 'attention' },
} as const satisfies RowsOf<AttentionOptions>;

const { text: _text, ...SHARED } = ATTENTION;

/** What the command says otherwise than a script: its text is a file, and so is the result. */
export const ATTENTION_COMMAND = {
  ...SHARED,
  input: {
    stage: 'attention',
    group: 'attention',
    type: type.text,
    alias: 'i',
    variable: false,
    allowed: 'the path or address of a text file',
    help: 'a text file (UTF-8; https:// and the like too), read as one document',
  },
  output: {
    stage: 'none',
    group: 'place',
    type: type.text,
    required: true,
    alias: 'o',
    variable: false,
    allowed: 'the path of the Arrow file to write',
    help: 'the Arrow file to write',
  },
} as const satisfies Rows;

export type ParsedAttention = Parsed<typeof ATTENTION> & { rows: readonly number[] };

/**
 * @param onProgress is warned of old names
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed, or MISSING_OPTION
 */
export function parseAttentionOptions(raw: AttentionOptions, onProgress?: OnProgress): ParsedAttention {
  const options = parseRows(ATTENTION, currentNames(ATTENTION, { ...raw }, onProgress));
  if ((options.text === undefined) === (options.ids === undefined)) {
    const what = options.text === undefined ? 'text or ids is missing' : 'text and ids must not both be given';
    throw new LongattnError('MISSING_OPTION', `${what}. Give one of them: it is what the model reads.`);
  }
  return { ...options, rows: options.rows ?? [] };
}

function parseMap(value: unknown): unknown {
  return value === 'none' ? false : parseNumber(value);
}

function isArrayLike(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}
