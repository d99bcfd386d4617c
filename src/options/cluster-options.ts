// The options of what starts, watches and ends workers, beside those of the run that they are for: src/pipeline, src/cluster.
//
// None has a LONGATTN_* variable: a worker inherits the environment of whatever started it, and would take it for its own.
import { z } from 'zod';
import type { OptionRow, Rows, RowsOf } from './row.js';
import * as type from './types.js';

/** `plan`. */
export interface PlanOptions {
  /** Tokens a second of one worker, such as 150000 or "150K": how many hours it takes. */
  rate?: number | string | undefined;
}

/** `work`. */
export interface WorkOptions {
  /** Where to begin: "i/n", or "auto" by the number that a scheduler gave this task. Default: auto. A starting place only. */
  start?: string | undefined;
  /** Stop after so long, such as "3h50m" or 13800 (seconds), at the end of what is at work. */
  timeLimit?: string | number | undefined;
  /** Stay until all parts are done, here or elsewhere. Default: end when there is nothing left to take. */
  wait?: boolean | undefined;
  /** Compute with another kernel than the first worker's, if need be: the last digits differ. Default: false. */
  mixedKernels?: boolean | undefined;
}

/** `finish`. */
export interface FinishOptions {
  /** What to do once all parts are there; "export" selects first. Default: select and export. */
  then?: readonly ('select' | 'export')[] | 'select' | 'export' | 'select,export' | undefined;
}

const row = <const R extends Omit<OptionRow, 'stage' | 'group' | 'variable'>>(own: R) => ({
  stage: 'none' as const,
  group: 'cluster' as const,
  variable: false as const,
  ...own,
});

const flag = (help: string) => row({ type: type.flag, kind: 'flag', default: 'false', allowed: 'true or false', help });

const then = row({
  type: z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value),
    z.array(z.enum(['select', 'export'])).min(1),
  ),
  allowed: 'select, export or select,export',
  help: 'after the workers: select, or select,export',
});

const workers = row({
  type: type.whole(1),
  required: true,
  allowed: 'a whole number, at least 1',
  help: 'workers: tasks of the array, or pods',
});

const gpus = row({
  type: type.whole(0),
  default: '0',
  allowed: 'a whole number, at least 0',
  help: 'GPUs of a worker',
});

export const PLAN = {
  rate: row({
    type: type.positiveCount,
    allowed: 'a number of tokens a second, such as 150K',
    help: 'tokens a second of one worker, such as 150K: how many hours it takes',
  }),
} as const satisfies RowsOf<PlanOptions>;

export const WORK = {
  start: row({
    type: z.string().regex(/^(auto|\d+\/\d+)$/),
    default: 'auto',
    allowed: 'i/n with i from 1 to n, such as 2/8, or auto',
    help: 'where to begin: i/n, or auto by the number that a scheduler gave (a starting place only)',
  }),
  timeLimit: row({
    type: type.duration,
    allowed: 'a time such as 3h50m, 90s or a number of seconds',
    help: 'end after so long, such as 3h50m, at the end of what is at work',
  }),
  wait: flag('stay until all parts are done, here or elsewhere'),
  mixedKernels: flag('compute with another kernel than the first worker, if need be'),
} as const satisfies RowsOf<WorkOptions>;

export const WORK_COMMAND = {
  ...WORK,
  dieWithParent: flag('end when the process that started this one ends'),
} as const satisfies Rows;

export const STATUS = { watch: flag('again every five seconds, until all is done') } as const satisfies Rows;

export const FINISH = {
  then: { ...then, default: 'select,export', help: 'what to do: select, or select,export' },
} as const satisfies RowsOf<FinishOptions>;

export const SLURM = {
  workers,
  gpus,
  time: row({
    type: type.text,
    allowed: 'a time as Slurm writes it, such as 4:00:00',
    help: 'time limit of a worker, such as 4:00:00; a worker that reaches it is requeued',
  }),
  sbatch: row({
    type: z.array(type.text),
    kind: 'list',
    allowed: 'options of sbatch such as partition=gpu',
    help: 'K=V: one more option of sbatch; repeatable',
  }),
  then,
  print: flag('write and show the scripts, and submit nothing'),
} as const satisfies Rows;

export const KUBERNETES = {
  workers,
  image: row({
    type: type.text,
    required: true,
    allowed: 'the name of an image that has longattn on its PATH',
    help: 'an image that has longattn on its PATH',
  }),
  claim: row({
    type: type.text,
    required: true,
    allowed: 'the name of a persistent volume claim',
    help: 'a persistent volume claim (ReadWriteMany) with run, corpus and model',
  }),
  mount: row({
    type: type.text,
    default: '/data',
    allowed: 'a path',
    help: 'where pods mount it; RUN is below',
  }),
  gpus,
  name: row({
    type: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
    default: 'longattn',
    allowed: 'a DNS label: small letters, digits and -, at most 63',
    help: 'of the Job',
  }),
} as const satisfies Rows;
