// Where a worker begins among the parts: a starting place only, so that workers seldom meet. What it does not reach others do, and it does
// what they do not reach.
import os from 'node:os';
import { invalid } from '../base/errors.js';
import { hash32 } from '../base/random.js';

/** The variables in which schedulers number the tasks of an array: the first is 1 or 0; and the one with their number, if any. */
const SCHEDULERS = [
  { index: 'SLURM_ARRAY_TASK_ID', first: 1, count: undefined }, // SLURM_ARRAY_TASK_COUNT is 1 where a single task is submitted again
  { index: 'JOB_COMPLETION_INDEX', first: 0, count: undefined },
  { index: 'SKYPILOT_JOB_RANK', first: 0, count: 'SKYPILOT_NUM_JOBS' },
  { index: 'AWS_BATCH_JOB_ARRAY_INDEX', first: 0, count: undefined },
  { index: 'CLOUD_RUN_TASK_INDEX', first: 0, count: 'CLOUD_RUN_TASK_COUNT' },
] as const;

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * @param start "i/n", or "auto": by the scheduler's number, else by the name of this process
 * @returns a share of the parts, 0 to below 1
 * @throws LongattnError INVALID_OPTION
 */
export function startPlace(start: string, env: NodeJS.ProcessEnv = process.env): number {
  if (start !== 'auto') {
    const [, index, count] = (/^(\d+)\/(\d+)$/.exec(start) ?? []).map(Number);
    if (!index || !count || index > count)
      throw invalid('start', start, 'i/n with i from 1 to n, such as 2/8, or auto');
    return (index - 1) / count;
  }
  for (const { index, first, count } of SCHEDULERS) {
    const place = Number(env[index] || NaN) - first;
    const of = count === undefined ? NaN : Number(env[count]);
    if (!(place >= 0)) continue;
    // Without their number the golden ratio keeps any number of tasks apart.
    return place < of ? place / of : (place * GOLDEN) % 1;
  }
  return hash32(1, `${os.hostname()} ${process.pid}`) / 2 ** 32;
}
