// The options of `longattn setup`.
import type { RowsOf } from './row.js';
import * as type from './types.js';

export interface SetupOptions {
  /** A folder of tarballs and wheels, in place of every network: those that docs/release.md lists. Default: none. */
  from?: string | undefined;
  /** Build for CUDA, with an nvcc that is found or fetched. Default: false. */
  cuda?: boolean | 'true' | 'false' | undefined;
}

export const SETUP = {
  from: {
    stage: 'none',
    group: 'machine',
    type: type.text,
    absent: 'none',
    variable: false,
    allowed: 'the path of a folder',
    help: 'a folder of tarballs and wheels, in place of every network',
  },
  cuda: {
    stage: 'none',
    group: 'machine',
    type: type.flag,
    kind: 'flag',
    default: 'false',
    variable: false,
    allowed: 'true or false',
    help: 'build for CUDA, with an nvcc that is found or fetched',
  },
} as const satisfies RowsOf<SetupOptions>;
