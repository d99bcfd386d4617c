// The options of a comparison with a golden file.
import type { Rows, RowsOf } from './row.js';
import * as type from './types.js';

export interface VerifyOptions {
  /** The golden .arrow file. */
  golden: string;
  /** Largest relative error allowed, from 0, as src/verify/compare-row.ts defines it. Default: 1e-5. */
  rtol?: number | `${number}` | undefined;
}

export const VERIFY = {
  golden: {
    stage: 'none',
    group: 'verify',
    type: type.text,
    required: true,
    variable: false,
    allowed: 'the path of a golden .arrow file',
    help: 'the golden .arrow file',
  },
  rtol: {
    stage: 'none',
    group: 'verify',
    type: type.numberFrom(0),
    default: '1e-5',
    variable: false,
    allowed: 'a number from 0, such as 1e-5',
    help: 'largest relative error',
  },
} as const satisfies RowsOf<VerifyOptions>;

export const VERIFY_COMMAND = {
  ...VERIFY,
  update: {
    stage: 'none',
    group: 'verify',
    type: type.flag,
    kind: 'flag',
    default: 'false',
    variable: false,
    allowed: 'true or false',
    help: 'write the golden file from this run',
  },
} as const satisfies Rows;
