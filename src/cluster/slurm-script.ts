// The scripts of a Slurm array: text that a person can read, change and submit by hand.
//
// The number of workers is written into the script, because a task that is submitted again alone finds SLURM_ARRAY_TASK_COUNT=1. No secret
// and nothing of the environment is written: Slurm hands a job the environment of the one who submits it.
import path from 'node:path';
import { commandLines } from './shell.js';

export interface SlurmOptions {
  /** The run directory, absolute. */
  run: string;
  /** Tasks of the array. */
  workers: number;
  /** Of a task; 0: none is asked for. */
  gpus: number;
  /** Of a task, as Slurm writes it: 4:00:00. */
  time?: string | undefined;
  /** More #SBATCH options: "partition=gpu", "exclusive". They come last, so that they win. */
  sbatch: readonly string[];
  /** The folder to start in: relative paths of inputs and model are of it. */
  folder: string;
  /** How longattn is called: node and the script, absolute. */
  longattn: readonly string[];
  /** Options of `work`, such as ["--device", "cuda"]. */
  workOptions: readonly (readonly string[])[];
}

/** Seconds before the time limit at which a worker is told to end: a segment of windows takes less. */
const NOTICE_SECONDS = 120;

const directives = (entries: readonly (readonly [string, string | undefined])[]): string =>
  entries.map(([name, value]) => `#SBATCH --${name}${value === undefined ? '' : `=${spaced(value)}`}`).join('\n');

/** Slurm takes double quotes in a directive. */
const spaced = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);

const own = (sbatch: readonly string[]): [string, string | undefined][] =>
  sbatch.map((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
  });

export function workerScript(options: SlurmOptions): string {
  const { run, workers, gpus, time, sbatch, folder, longattn, workOptions } = options;
  const logs = path.join(run, 'logs', 'slurm');
  return `#!/bin/bash
# Workers of ${run}. Submitting this again is always right: a worker does what is not done.
${directives([
  ['job-name', `longattn-${path.basename(run)}`],
  ['array', `1-${workers}`],
  ...(time === undefined ? [] : [['time', time] as const]),
  ...(gpus > 0 ? [['gpus', `${gpus}`] as const] : []),
  ['requeue', undefined],
  ['open-mode', 'append'],
  ['signal', `B:USR1@${NOTICE_SECONDS}`],
  ['chdir', folder],
  ['output', path.join(logs, '%A_%a.out')],
  ...own(sbatch),
])}
exec ${commandLines([...longattn, 'work', run], [['--wait'], ...workOptions]).replace(
    '--wait',
    `--wait --start "$SLURM_ARRAY_TASK_ID/${workers}"`,
  )}
`;
}

/** @param then "select" or "select,export" @param config file with the options of these */
export function finishScript(options: SlurmOptions, then: string, config: string): string {
  const { run, sbatch, folder, longattn } = options;
  const place = own(sbatch).filter(([name]) => ['partition', 'account', 'qos'].includes(name));
  return `#!/bin/bash
# After the workers of ${run}, however they ended: exit code 5 and the list where a part is missing.
${directives([
  ['job-name', `longattn-${path.basename(run)}-finish`],
  ['open-mode', 'append'],
  ['chdir', folder],
  ['output', path.join(run, 'logs', 'slurm', 'finish_%j.out')],
  ...place,
])}
exec ${commandLines(
    [...longattn, 'finish', run],
    [
      ['--then', then],
      ['--config', config],
    ],
  )}
`;
}
