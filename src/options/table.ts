// The options of a run: a row each, in a file for each thing that they decide; nothing about an option is said anywhere else but in
// run-options.ts, its type.
//
// `stage` is what a resume asks: an option of windows or scores is kept in run.json and must not change there. The order is that of
// run.json and of docs/options.md.
import type { RowsOf } from './row.js';
import { CORPUS } from './run/corpus.js';
import { EXPORT } from './run/export.js';
import { MACHINE } from './run/machine.js';
import { SCORING } from './run/scoring.js';
import { SELECTION } from './run/selection.js';
import type { RunOptions } from './run-options.js';
import * as type from './types.js';

export const RUN = {
  output: {
    stage: 'none',
    group: 'place',
    type: type.text,
    required: true,
    alias: 'o',
    allowed: 'the path of the run directory',
    help: 'the run directory, as RUN (it is the only state)',
  },
  ...CORPUS,
  ...SCORING,
  ...SELECTION,
  ...EXPORT,
  ...MACHINE,
} as const satisfies RowsOf<RunOptions>;
