// The table of each command: of the command line, docs/options.md, and config files, which may hold options of several commands.
import { ANNOTATE } from './annotate-options.js';
import { ATTENTION_COMMAND } from './attention-options.js';
import { CHECK } from './check-options.js';
import { FINISH, KUBERNETES, PLAN, SLURM, STATUS, WORK_COMMAND } from './cluster-options.js';
import { EXTRACT, INSPECT } from './model-options.js';
import { REPORT } from './report-options.js';
import type { Rows } from './row.js';
import { RUN } from './table.js';
import { SERVE_COMMAND } from './serve-options.js';
import { SETUP } from './setup-options.js';
import { VALIDATE } from './validate-options.js';
import { VERIFY_COMMAND } from './verify-options.js';

export const COMMAND_OPTIONS: Readonly<Record<string, Rows>> = {
  run: RUN,
  report: REPORT,
  serve: SERVE_COMMAND,
  annotate: ANNOTATE,
  check: CHECK,
  validate: VALIDATE,
  attention: ATTENTION_COMMAND,
  verify: VERIFY_COMMAND,
  'model inspect': INSPECT,
  'model extract': EXTRACT,
  setup: SETUP,
  plan: PLAN,
  work: WORK_COMMAND,
  status: STATUS,
  finish: FINISH,
  slurm: SLURM,
  kubernetes: KUBERNETES,
};

/** Is it the name of an option of some command, of this version or the one before? */
export function isOption(name: string): boolean {
  return Object.values(COMMAND_OPTIONS).some(
    (rows) => Object.hasOwn(rows, name) || Object.values(rows).some(({ formerly }) => formerly?.includes(name)),
  );
}
