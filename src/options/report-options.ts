// The options of a page.
import type { RowsOf } from './row.js';
import * as type from './types.js';

export interface ReportOptions {
  /** Folder of the page. Default: RUN/report. What stands there is replaced if longattn wrote it. */
  output?: string | undefined;
  /** More scores to rank by in the page, each with `@layer` or without: `content@17`. Default: that of the selection. */
  scores?: readonly string[] | string | undefined;
  /** Another selection to compare with: a name of `select --name`, or a run directory of the same windows. Default: none. */
  against?: string | undefined;
  /** The folder of a validation (`longattn validate`), to be shown beside. Default: none. */
  evidence?: string | undefined;
  /** Windows a domain whose text is in the page, from 0. Default: 200. */
  texts?: number | `${number}` | undefined;
  /** Leave all text out. Default: false. */
  noText?: boolean | 'true' | 'false' | undefined;
}

export const REPORT = {
  output: {
    stage: 'none',
    group: 'page',
    type: type.text,
    alias: 'o',
    absent: 'RUN/report',
    variable: false,
    allowed: 'the path of a folder',
    help: 'folder of the page',
  },
  scores: {
    stage: 'none',
    group: 'page',
    type: type.words,
    absent: 'that of the selection',
    variable: false,
    allowed: 'names of scores, with @LAYER or without, such as content@17,gzip',
    help: 'more scores to rank by in the page: content,ds@17',
  },
  against: {
    stage: 'none',
    group: 'page',
    type: type.text,
    variable: false,
    absent: 'none',
    allowed: 'the name of a selection (select --name), or a run directory of the same windows',
    help: 'another selection to compare with: a name of select --name, or a run of the same windows',
  },
  evidence: {
    stage: 'none',
    group: 'page',
    type: type.text,
    variable: false,
    absent: 'none',
    allowed: 'the folder of a validation',
    help: 'the folder of a validation (longattn validate), to be shown beside',
  },
  texts: {
    stage: 'none',
    group: 'page',
    type: type.whole(0),
    default: '200',
    variable: false,
    allowed: 'a whole number of windows, from 0',
    help: 'windows a domain whose text is in the page: best, at the cut, dropped, sampled; 200 MB at most in all',
  },
  noText: {
    stage: 'none',
    group: 'page',
    type: type.flag,
    kind: 'flag',
    default: 'false',
    variable: false,
    allowed: 'true or false',
    help: 'leave all text out, for a page that may be shown to others',
  },
} as const satisfies RowsOf<ReportOptions>;
