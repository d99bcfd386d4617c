// The options of a served page.
import { z } from 'zod';
import { parseNumber } from '../base/units.js';
import type { OptionRow, Rows, RowsOf } from './row.js';
import * as type from './types.js';

const LAST_PORT = 65_535;

export interface ServeOptions {
  /** TCP port on 127.0.0.1; 0: any free one. Default: 0. */
  port?: number | `${number}` | undefined;
}

const row = <const R extends Omit<OptionRow, 'stage' | 'group' | 'variable'>>(own: R) => ({
  stage: 'none' as const,
  group: 'page' as const,
  variable: false as const,
  ...own,
});

const flag = (help: string) => row({ type: type.flag, kind: 'flag', default: 'false', allowed: 'true or false', help });

export const SERVE = {
  port: row({
    type: z.preprocess(parseNumber, z.int().min(0).max(LAST_PORT)),
    default: '0',
    allowed: `a whole number from 0 (any free port) to ${LAST_PORT}`,
    help: 'port on 127.0.0.1; 0: any free one',
  }),
} as const satisfies RowsOf<ServeOptions>;

export const SERVE_COMMAND = {
  ...SERVE,
  open: flag('open the page in the browser of this machine'),
  dieWithParent: flag('end when the process that started this one ends'),
} as const satisfies Rows;
