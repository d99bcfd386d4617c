// A worker's own requeue under Slurm, which `--requeue` covers after preemption and the failure of a node and not at a time limit.
//
// The task is named as ARRAY_TASK. One task of every array bears the number of the whole array as its SLURM_JOB_ID, and a requeue of
// that number would stop and start all of its tasks.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What runs a command of Slurm: its standard output. */
export type Slurm = (command: string, args: readonly string[]) => Promise<string>;

const slurm: Slurm = async (command, args) => (await promisify(execFile)(command, [...args])).stdout;

/** As scontrol takes it: "12_3" of an array, "12" of a job. Undefined outside of Slurm. */
export function slurmTask(env: NodeJS.ProcessEnv): string | undefined {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task } = env;
  return array && task ? `${array}_${task}` : env['SLURM_JOB_ID'];
}

/**
 * Queue this process's job again.
 * @param certain the signal is one that only a time limit's notice or a person who means it sends. Otherwise the controller is asked
 *   first: TERM is also what scancel sends, and what a person cancelled stays so
 * @throws what scontrol fails with
 */
export async function requeue(task: string, certain: boolean, run: Slurm = slurm): Promise<void> {
  if (certain || comesBack(await run('scontrol', ['--oneliner', 'show', 'job', task]))) {
    await run('scontrol', ['requeue', task]);
  }
}

/** From `scontrol show job`: is the job to be queued again? Not one that is cancelled, or that waits in the queue already. */
export function comesBack(shown: string): boolean {
  const field = (name: string): string => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(shown)?.[1] ?? '';
  return /^(RUNNING|TIMEOUT)$/.test(field('JobState')) || field('Reason') === 'TimeLimit';
}
