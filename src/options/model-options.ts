// The options of `longattn model inspect|extract|fetch`. The Node functions take them typed: src/model-tools.
import type { Rows, RowsOf } from './row.js';
import { RUN } from './table.js';
import * as type from './types.js';

export const INSPECT = {
  layers: {
    ...RUN.layers,
    stage: 'model',
    group: 'model',
    allowed: 'a layer number from 0, a list such as 0,7, or all',
    help: 'layers that will be scored: 0, a list such as 0,7, or all',
  },
  revision: {
    stage: 'model',
    group: 'model',
    type: type.text,
    variable: false,
    absent: 'main',
    allowed: 'a branch, a tag or a commit',
    help: 'branch, tag or commit',
  },
  configOverride: { ...RUN.configOverride, stage: 'model' },
  loss: {
    stage: 'model',
    group: 'model',
    type: type.flag,
    kind: 'flag',
    variable: false,
    default: 'false',
    allowed: 'true or false',
    help: 'also what the loss needs: all layers and the head',
  },
} as const satisfies Rows;

/** `openModel`. */
export interface OpenOptions {
  /** Layers whose attention will be asked for, from 0. Default: [0]. */
  layers?: number | readonly number[] | 'all' | undefined;
  /** RoPE base, a positive number. Default: the model's own. */
  ropeTheta?: number | undefined;
  /** In place of what config.json says: by dotted path, or `KEY=VALUE` with a value in JSON. */
  configOverride?: string | readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** What layers above 0 are run in: float32, or the type of the model's weights. Default: `float32`. */
  dtype?: 'float32' | 'weights' | undefined;
  /** Threads of the kernel, 0 for all cores. Default: 0. */
  threads?: number | undefined;
  /** `cpu`, or `cuda`, `cuda:1`, `cuda:all` in a CUDA build. Default: `cpu`. */
  device?: string | undefined;
}

export const OPEN = {
  layers: INSPECT.layers,
  ropeTheta: RUN.ropeTheta,
  configOverride: RUN.configOverride,
  dtype: { ...RUN.dtype, formerly: ['forward'] },
  threads: RUN.threads,
  device: RUN.device,
} as const satisfies RowsOf<OpenOptions>;

export const EXTRACT = {
  ...INSPECT,
  output: {
    stage: 'none',
    group: 'place',
    type: type.text,
    required: true,
    alias: 'o',
    variable: false,
    allowed: 'the folder to make',
    help: 'the folder to make',
  },
  force: {
    stage: 'none',
    group: 'place',
    type: type.flag,
    kind: 'flag',
    variable: false,
    default: 'false',
    allowed: 'true or false',
    help: 'replace an older extract',
  },
} as const satisfies Rows;
