// The options of a validation: those of the run that makes its windows, and what is looked at.
import { z } from 'zod';
import { DEFAULT_DISTANCE } from '../base/distance.js';
import { parseIntegerList } from '../base/units.js';
import type { RowsOf } from './row.js';
import type { RunOptions, Whole } from './run-options.js';
import { RUN } from './table.js';
import * as type from './types.js';

/** Options of a run that mean the same in a validation. */
type Shared =
  | 'input'
  | 'textField'
  | 'idField'
  | 'idsField'
  | 'domainField'
  | 'limit'
  | 'maxRejectRate'
  | 'model'
  | 'output'
  | 'keep'
  | 'ropeTheta'
  | 'configOverride'
  | 'dtype'
  | 'alpha'
  | 'std'
  | 'threads'
  | 'workers'
  | 'batch'
  | 'memory'
  | 'device';

/** What a validation is told. `output` is its folder; the same call goes on where it was stopped. */
export interface ValidationOptions extends Pick<RunOptions, Shared> {
  /** W, tokens of a window. Default: 2,048. */
  window?: Whole | undefined;
  /** Layers to look at, from 0. Default: the first and those at a quarter, half and three quarters of the model. */
  layers?: number | readonly number[] | 'all' | 'auto' | `${number}` | `${number},${string}` | undefined;
  /** Minimum distances in tokens, each a bin edge floor(j*W/32), or `quarter`: floor(W/4). Default: `quarter`. */
  k?: number | readonly number[] | 'quarter' | `${number}` | `${number},${string}` | undefined;
  /** Real windows a domain, at least 2. Default: 16. */
  windows?: Whole | undefined;
  /** Names of the controls to make. Default: all. */
  controls?: readonly string[] | string | undefined;
  /** Of which windows the loss is measured, which needs the whole model. Default: `real`, where the whole model is there. */
  loss?: 'none' | 'real' | 'all' | undefined;
  /** Also fit a blend of scores to nll-gain (`gain` or true) or to pairs, and choose it where it beats the best of them beyond doubt. Default: none. */
  fit?: 'none' | 'gain' | 'pairs' | boolean | 'true' | 'false' | undefined;
  /** Scores of others to measure too: `ladm`, `prolong`. Default: none. */
  peers?: readonly string[] | string | undefined;
  /** Of samples and controls. Default: 1. */
  seed?: number | `${number}` | undefined;
  /** Also the scores that need the far mass of each token. Default: false. */
  tokens?: boolean | 'true' | 'false' | undefined;
  /** Notes of a config file. */
  [note: `_${string}`]: unknown;
}

/** `--fit` by itself, or a switch. */
function parseFit(given: unknown): unknown {
  if (given === true || given === 'true') return 'gain';
  return given === false || given === 'false' ? 'none' : given;
}

/** Rows of the validation alone, or that mean another thing there than in a run. */
export const EVIDENCE = {
  k: {
    stage: 'evidence',
    group: 'evidence',
    type: z.preprocess(parseIntegerList, z.union([z.literal('quarter'), z.array(z.int().min(1)).min(1)])),
    default: DEFAULT_DISTANCE,
    variable: false,
    allowed: '"quarter", or minimum distances such as 512,1024 that are bin edges floor(j*W/32)',
    help: 'minimum distances: "quarter" or a list of bin edges floor(j*W/32)',
  },
  windows: {
    stage: 'evidence',
    group: 'evidence',
    type: type.whole(2),
    default: '16',
    variable: false,
    allowed: 'a whole number of real windows a domain, at least 2',
    help: 'real windows a domain',
  },
  controls: {
    stage: 'evidence',
    group: 'evidence',
    type: type.words,
    absent: 'all',
    variable: false,
    allowed: 'names of controls, with commas',
    help: 'names of the controls to make, with commas (docs/evidence.md)',
  },
  loss: {
    stage: 'evidence',
    group: 'evidence',
    type: z.enum(['none', 'real', 'all']),
    absent: 'real, if the whole model is there',
    variable: false,
    allowed: 'none, real or all',
    help: 'measure nll-gain (needs the whole model): none, real windows, or all',
  },
  fit: {
    stage: 'evidence',
    group: 'evidence',
    type: z.preprocess(parseFit, z.enum(['none', 'gain', 'pairs'])),
    kind: 'optional',
    default: 'none',
    variable: false,
    allowed: 'none, gain (also by itself) or pairs',
    help: 'also fit a blend of at most eight scores, and choose it where it beats the best of them on windows that it has not seen: --fit or --fit gain to nll-gain (needs the whole model), --fit pairs to the controls that count',
  },
  peers: {
    stage: 'evidence',
    group: 'evidence',
    type: z.preprocess(
      (given) => (typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given),
      z.array(z.enum(['ladm', 'prolong'])).transform((names) => [...new Set(names)]),
    ),
    absent: 'none',
    variable: false,
    allowed: 'ladm, prolong or ladm,prolong',
    help: 'scores of others to measure too, by their papers: ladm, prolong (needs the whole model, and many times what nll-gain costs)',
  },
  seed: {
    stage: 'evidence',
    group: 'evidence',
    type: type.integer,
    default: '1',
    variable: false,
    allowed: 'a whole number',
    help: 'of samples and controls',
  },
} as const satisfies Partial<RowsOf<ValidationOptions>>;

const { formerly, type: layersType, allowed } = RUN.layers;

export const VALIDATE = {
  ...pick('input', 'textField', 'idField', 'idsField', 'domainField', 'limit', 'maxRejectRate'),
  model: { ...RUN.model, required: true, absent: undefined },
  output: { ...RUN.output, help: 'folder of the validation; the same command goes on where it was stopped' },
  // At the 32,768 of a run, a few layers of a small model take hours on a CPU.
  window: { ...RUN.window, default: '2048' },
  layers: {
    stage: 'evidence',
    group: 'evidence',
    type: layersType,
    formerly,
    allowed,
    absent: '0 and three more',
    help: 'layers to look at: 0, a list such as 0,8,16, or all',
  },
  ...EVIDENCE,
  keep: {
    ...RUN.keep,
    stage: 'evidence',
    group: 'evidence',
    help: 'share of the windows of a domain that a selection will keep: the lift is that of it, or of 8 windows if they are more',
  },
  tokens: {
    ...RUN.tokens,
    stage: 'evidence',
    group: 'evidence',
    variable: false,
    help: 'also the scores that need the far mass of each token',
  },
  ropeTheta: { ...RUN.ropeTheta, group: 'evidence' },
  configOverride: RUN.configOverride,
  dtype: { ...RUN.dtype, group: 'evidence' },
  alpha: { ...RUN.alpha, group: 'evidence' },
  std: { ...RUN.std, group: 'evidence' },
  ...pick('threads', 'workers', 'batch', 'memory', 'device'),
} as const satisfies RowsOf<ValidationOptions>;

function pick<K extends keyof typeof RUN>(...names: K[]): Pick<typeof RUN, K> {
  return Object.fromEntries(names.map((name) => [name, RUN[name]])) as Pick<typeof RUN, K>;
}
