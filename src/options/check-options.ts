// The options of a look at a corpus before a run: those of the run that decide what is refused, and no others.
import type { OnProgress } from '../base/events.js';
import { currentNames, parseRows } from './parse-rows.js';
import type { Parsed, RowsOf } from './row.js';
import type { RunOptions } from './run-options.js';
import { nameDomains } from './spec.js';
import { RUN } from './table.js';

type Shared =
  | 'input'
  | 'textField'
  | 'idField'
  | 'idsField'
  | 'domainField'
  | 'maxRejectRate'
  | 'allowRefusedFiles'
  | 'zstdWindow'
  | 'join'
  | 'maxDocument'
  | 'specialTokens'
  | 'window'
  | 'configOverride'
  | 'model';

/** Those of a run. Neither model nor tokenizer is needed: without one, what a tokenizer would refuse is not found, and windows are not counted. */
export interface CheckOptions extends Pick<RunOptions, Shared> {
  /** A tokenizer.json, a folder with one, or `org/name[@revision]` on the Hub. Default: that of the model, where one is given. */
  tokenizer?: string | undefined;
}

export const CHECK = {
  input: RUN.input,
  textField: RUN.textField,
  idField: RUN.idField,
  idsField: RUN.idsField,
  domainField: RUN.domainField,
  join: RUN.join,
  zstdWindow: RUN.zstdWindow,
  maxRejectRate: RUN.maxRejectRate,
  allowRefusedFiles: RUN.allowRefusedFiles,
  model: {
    ...RUN.model,
    absent: 'none: ids that the model does not have are not found',
    help: 'also refuse as a run with this model does (folder, org/name or a fetched model)',
  },
  configOverride: RUN.configOverride,
  tokenizer: {
    ...RUN.tokenizer,
    stage: 'none',
    absent: "the model's; without both nothing is tokenised",
    help: 'also tokenise: finds what a tokenizer refuses, and counts windows',
  },
  window: RUN.window,
  maxDocument: RUN.maxDocument,
  specialTokens: RUN.specialTokens,
} as const satisfies RowsOf<CheckOptions>;

export type ParsedCheck = Parsed<typeof CHECK>;

/**
 * @param onProgress is warned of old names
 * @throws LongattnError INVALID_OPTION naming the option, the value and what is allowed, or MISSING_OPTION
 */
export function parseCheckOptions(raw: CheckOptions, onProgress?: OnProgress): ParsedCheck {
  return nameDomains(parseRows(CHECK, currentNames(CHECK, { ...raw }, onProgress)));
}
