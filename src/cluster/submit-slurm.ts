// Hand a run to Slurm: scripts under RUN/slurm, an array of workers, and after it, however it ends, the job that selects and exports.
//
// `afterany` and a check of our own, never `afterok`: with that a single failed task removes the job that follows, without a word.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { environmentError, invalid } from '../base/errors.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { makeFolder } from '../io/make-folder.js';
import { finishScript, workerScript, type SlurmOptions } from './slurm-script.js';

export interface SlurmJobs {
  scripts: { worker: string; finish?: string };
  /** Absent where nothing was submitted. */
  array?: string;
  finish?: string;
}

export interface Submission extends SlurmOptions {
  /** What comes after the workers, and its options. */
  then?: { stages: string; options: object } | undefined;
  /** Write and show the scripts, and submit nothing. */
  print: boolean;
}

/** @throws LongattnError SLURM_MISSING, SLURM_REFUSED with what sbatch said, INVALID_OPTION, and those of the disk */
export async function submitSlurm(submission: Submission): Promise<SlurmJobs> {
  const { run, workers, then, print } = submission;
  if (!print) await requireArray(workers);
  const folder = path.join(run, 'slurm');
  await makeFolder(folder);
  await makeFolder(path.join(run, 'logs', 'slurm'));
  const worker = path.join(folder, 'worker.sbatch');
  await writeTextAtomically(worker, workerScript(submission));
  const scripts: SlurmJobs['scripts'] = { worker };
  if (then) {
    const config = path.join(folder, 'finish.json');
    await writeTextAtomically(config, `${JSON.stringify(then.options, null, 2)}\n`);
    scripts.finish = path.join(folder, 'finish.sbatch');
    await writeTextAtomically(scripts.finish, finishScript(submission, then.stages, config));
  }
  if (print) return { scripts };
  const array = await sbatch([worker]);
  if (scripts.finish === undefined) return { scripts, array };
  return { scripts, array, finish: await sbatch([`--dependency=afterany:${array}`, scripts.finish]) };
}

/** An array may have no index of MaxArraySize or above: the controller knows. */
async function requireArray(workers: number): Promise<void> {
  const config = await slurm('scontrol', ['show', 'config']);
  const most = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? Infinity) - 1;
  if (workers > most) {
    throw invalid(
      'workers',
      workers,
      `at most ${most} here (MaxArraySize of this Slurm); fewer workers do the same parts`,
    );
  }
}

/** The id of the job. */
async function sbatch(args: readonly string[]): Promise<string> {
  const said = await slurm('sbatch', ['--parsable', ...args]);
  return said.trim().split(';')[0]!;
}

async function slurm(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args)).stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw environmentError(
        'SLURM_MISSING',
        `${command} is not on the PATH: this machine cannot submit to Slurm. Use a login node, or --print and submit the scripts there.`,
        error,
      );
    }
    throw environmentError('SLURM_REFUSED', `${command} failed: ${stderr.trim() || (error as Error).message}`, error);
  }
}
