// The options of an annotation.
import type { RowsOf } from './row.js';
import { RUN } from './table.js';
import * as type from './types.js';

export interface AnnotateOptions {
  /** Folder of the annotation. What stands there is replaced if longattn wrote it. Default: RUN/annotation. */
  output?: string | undefined;
  /** More scores, each with `@layer` or without: `content@17`. Default: that of the selection alone. */
  scores?: readonly string[] | string | undefined;
  /** Columns of the corpus to write beside each row, with their types, or `all`. Default: none. */
  keepColumns?: readonly string[] | string | undefined;
}

export const ANNOTATE = {
  output: {
    stage: 'none',
    group: 'place',
    type: type.text,
    alias: 'o',
    absent: 'RUN/annotation',
    variable: false,
    allowed: 'the path of a folder',
    help: 'folder of the annotation: a Parquet file for each file of the corpus',
  },
  scores: {
    stage: 'none',
    group: 'select',
    type: type.words,
    absent: 'that of the selection',
    variable: false,
    allowed: 'names of scores, with @LAYER or without, such as content@17,gzip',
    help: 'more scores that get a mean, a max and a min of each document: content,ds@17',
  },
  keepColumns: { ...RUN.keepColumns, stage: 'none', variable: false },
} as const satisfies RowsOf<AnnotateOptions>;
