// The options of a run as a Node user writes them. The rows of src/options/run are held to these names and types.
import type { ExportFormat, TokenReader } from './export-formats.js';

/** A share from 0 to 1, or as text: '0.125', '12.5%'. */
export type Share = number | `${number}` | `${number}%`;
/** A whole number, or as text. */
export type Whole = number | `${number}`;

/** Documents of one domain. Without `domain` it comes from the column `domainField`. */
export interface InputPatterns {
  domain?: string | undefined;
  /** Files, folders, globs or addresses (https://, s3://, gs://, hf://). */
  patterns: string[];
}

/**
 * What a run is told: `run`, `window`, `score`, `select` and `exportRun` take the same options, and each reads those that it needs.
 * An option that is not given keeps the value that the run was started with; of a new run it is the default.
 */
export interface RunOptions {
  /** `DOMAIN=PATH`, one or more; each path a file, a folder, a glob or an address. Needed to start a run. */
  input?: string | readonly (string | InputPatterns)[] | undefined;
  /** A folder, `org/name[@revision]` on the Hub, or the name of a fetched model. Needed to start a run whose score needs one. */
  model?: string | undefined;
  /**
   * A tokenizer.json, a folder with one, or `org/name[@revision]` on the Hub: another tokenizer than the model's, or one without a model, for a
   * score that needs none, such as `last-recurrence-2`.
   */
  tokenizer?: string | undefined;
  /** The path of the run directory. Needed always. */
  output: string;

  /** W, tokens of a window, at least 1. Default: 32,768. */
  window?: Whole | undefined;
  /** Layers to score, from 0: a number, a list, `all`, or `auto` with the choice of a validation. Default: [0]. */
  layers?: number | readonly number[] | 'all' | 'auto' | `${number}` | `${number},${string}` | undefined;
  /** k, the minimum distance in tokens, from 0; `quarter` is floor(L/4), `authors` is L - 3*floor(L/4). Default: `quarter`. */
  k?: number | 'quarter' | 'authors' | `${number}` | undefined;
  /** RoPE base, a positive number. Default: the model's own. */
  ropeTheta?: number | `${number}` | undefined;
  /** In place of what config.json says: by dotted path, or `KEY=VALUE` with a value in JSON. Refused for keys that nothing reads. */
  configOverride?: string | readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** Also store the far mass of each token. Default: false. */
  tokens?: boolean | 'true' | 'false' | undefined;
  /** Also store the losses that the score nll-gain needs. Default: false. */
  losses?: boolean | 'true' | 'false' | undefined;
  /** What layers above 0 are run in: float32, or the type of the model's weights. Default: `float32`. */
  dtype?: 'float32' | 'weights' | undefined;

  /** Column of the text. Default: `text`, else `content`. */
  textField?: string | undefined;
  /** Column of the document id. Default: `id`, else `data_id`, else FILE:LINE. */
  idField?: string | undefined;
  /** Column of ready token ids: nothing is tokenised. Default: none. */
  idsField?: string | undefined;
  /** Column of the domain, for inputs without one. */
  domainField?: string | undefined;
  /** Documents to read of a domain, at least 1. Default: all. */
  limit?: Whole | undefined;
  /** Share of refused rows above which the run fails. Default: 0.01. */
  maxRejectRate?: Share | undefined;
  /** Go on without files, row groups and batches that are broken. Default: false: they end the run, after the other parts. */
  allowRefusedFiles?: boolean | 'true' | 'false' | undefined;
  /** Largest window of zstd files, in bytes: so much memory each. Above 32 MiB on Node.js 22.15 or later. Default: 128 MiB. */
  zstdWindow?: number | string | undefined;
  /** Between the strings of a text that is a list of them. Default: a blank line. */
  join?: string | undefined;
  /** Bytes of text that the tokenizer must take in one: longer documents without places to cut are refused. Default: 8 MiB. */
  maxDocument?: number | string | undefined;
  /** Special tokens that stand in a text: the tokens, or plain text. Default: `parse`, as in transformers. */
  specialTokens?: 'parse' | 'text' | undefined;

  /** Name of the score to rank by, or `blend:A+0.5*B@7` of names, with a layer or not. Default: `longattn`. */
  score?: string | undefined;
  /** What is ranked, kept and exported: windows, or whole documents. Default: `window`. */
  unit?: 'window' | 'document' | undefined;
  /** With `unit: 'document'`: a document's score from those of its windows. Default: `mean`. */
  aggregate?: 'mean' | 'max' | 'min' | undefined;
  /** Weight of Std(DU) in LDS. Default: 0.5. */
  alpha?: number | `${number}` | undefined;
  /** How a domain is standardised. Default: `zscore`. */
  std?: 'zscore' | 'minmax' | undefined;
  /** Rank at another minimum distance, in tokens: a stored bin edge, floor(j*L/32). Default: k. */
  selectK?: Whole | undefined;
  /** Which of the scored layers to rank by. Default: the lowest. */
  selectLayer?: Whole | undefined;
  /** Heads to average over: `all`, numbers from 0, or `auto` with the choice of a validation. Default: `all`. */
  heads?: number | readonly number[] | 'all' | 'auto' | `${number}` | `${number},${string}` | undefined;
  /** Share of the windows of each domain to keep. Default: 0.125. Not with `keepTokens`. */
  keep?: Share | undefined;
  /** Tokens to keep of each domain (in all with `quota`), such as 1.5e9 or '1.5B'. */
  keepTokens?: number | `${number}` | `${number}${'K' | 'M' | 'B' | 'T' | 'k' | 'm' | 'b' | 't'}` | undefined;
  /** Shares of `keepTokens` by domain, in all at most 1; as text: 'book=60%,code=40%'. */
  quota?: Readonly<Record<string, number>> | string | undefined;
  /** Largest share of a window that a better kept window of its document may cover. Default: 1, which allows all. */
  maxOverlap?: Share | undefined;
  /** Largest share of a window inside verbatim repeats of 64 tokens or more. Default: 0.3, or 1 for the paper's scores and `random`. */
  maxRepeats?: Share | undefined;
  /** Run with a choice whose certificate says that it tells nothing. Default: false. */
  forceChoice?: boolean | 'true' | 'false' | undefined;
  /** Most windows to keep of one document, at least 1. Default: all. */
  maxPerDocument?: Whole | undefined;
  /** T, in standard deviations of the score, from 0: draw windows by softmax(score / T). Default: 0, a hard cut. */
  temperature?: number | `${number}` | undefined;
  /** Of the draw and of the score `random`. Default: 1. */
  seed?: number | `${number}` | undefined;
  /** Keep the selection as selection/NAME.arrow, beside the one without a name: letters, digits, `-` and `_`. Default: none. */
  name?: string | undefined;
  /** Also say what the selection removes (selection/removal.json). Default: false. */
  removalReport?: boolean | 'true' | 'false' | undefined;
  /** Of the data set, as docs/export.md describes them. Default: `hf`. */
  format?: ExportFormat | undefined;
  /** Name of the column of token ids in a table. Default: `input_ids` of hf and parquet, else `token_ids`. */
  idsColumn?: string | undefined;
  /** Columns of a table, in this order. Default: all but `labels` and `attention_mask`. */
  columns?: readonly string[] | string | undefined;
  /** Columns of the corpus to write beside each row, with their types, or `all`. Default: none. */
  keepColumns?: readonly string[] | string | undefined;
  /** Of the format tokens: whose files lie beside the ids. Default: all. */
  for?: readonly TokenReader[] | TokenReader | `${TokenReader},${string}` | undefined;
  /** Of the format tokens: size of an id; uint16 for vocabularies below 65,500. Default: `uint32`. */
  idsType?: 'uint32' | 'uint16' | undefined;
  /** Of tokens and mds: a token id to write behind each window. Default: none. */
  eos?: Whole | undefined;
  /** Where the export is sent to when it is written: `s3://bucket/prefix`, `gs://bucket/prefix`, `hf://datasets/org/name`. Default: nowhere; it stays in RUN/export. */
  to?: string | undefined;

  /** Threads of the kernel, 0 for all cores. Default: 0. */
  threads?: Whole | undefined;
  /** Parts at work at once, at least 1. Default: 1. */
  workers?: Whole | undefined;
  /** Windows a call of the addon, of each device, at least 1. Default: 4. */
  batch?: Whole | undefined;
  /** Bytes for the table of projected tokens, such as 2**30 or '1GiB'. Default: 1 GiB. */
  memory?: number | `${number}` | `${number}${string}` | undefined;
  /** `cpu`, `cuda`, `cuda:i`, a list such as `cuda:0,cuda:1`, or `cuda:all`. Default: `cpu`. */
  device?: string | undefined;
  /** Do only the parts p with p mod count = index - 1: index from 1 to count; as text 'i/n'. Default: all parts. */
  shard?: { index: number; count: number } | `${number}/${number}` | undefined;

  /** Notes of a config file; `_found` of a choice file says on which model the choice was made. */
  [note: `_${string}`]: unknown;
}
