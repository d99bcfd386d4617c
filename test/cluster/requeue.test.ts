// A task asks for its own requeue and for nobody else's, and only where Slurm does not cancel it or queue it by itself.
import { describe, expect, it } from '@jest/globals';
import { comesBack, requeue, slurmTask, type Slurm } from '../../src/cluster/requeue.js';

/** What `scontrol --oneliner show job` prints, in short. */
const shown = (state: string, reason = 'None'): string =>
  `JobId=12 ArrayJobId=12 ArrayTaskId=3 JobName=x JobState=${state} Reason=${reason} Dependency=(null) Requeue=1\n`;

/** @returns the commands that are run where the controller shows `text` */
async function commands(task: string, certain: boolean, text: string): Promise<string[]> {
  const run: string[] = [];
  const slurm: Slurm = async (command, args) => {
    run.push([command, ...args].join(' '));
    return Promise.resolve(text);
  };
  await requeue(task, certain, slurm);
  return run;
}

describe('a worker under Slurm', () => {
  it('is named as the task of its array, whose own number may be that of the whole array', () => {
    const one = { SLURM_JOB_ID: '12', SLURM_ARRAY_JOB_ID: '12', SLURM_ARRAY_TASK_ID: '3' };
    expect(slurmTask(one)).toBe('12_3');
    expect(slurmTask({ ...one, SLURM_ARRAY_TASK_ID: '0' })).toBe('12_0');
    expect(slurmTask({ SLURM_JOB_ID: '12' })).toBe('12');
    expect(slurmTask({})).toBeUndefined();
  });

  it('is queued again at the notice of its time limit without a question', async () => {
    expect(await commands('12_3', true, '')).toEqual(['scontrol requeue 12_3']);
  });

  it('asks at TERM what it is: the time limit is no cancellation', async () => {
    const asked = 'scontrol --oneliner show job 12_3';
    expect(await commands('12_3', false, shown('TIMEOUT', 'TimeLimit'))).toEqual([asked, 'scontrol requeue 12_3']);
    expect(await commands('12_3', false, shown('CANCELLED'))).toEqual([asked]);
  });

  it.each([
    ['RUNNING', 'None', true],
    ['TIMEOUT', 'TimeLimit', true],
    ['COMPLETING', 'TimeLimit', true],
    ['CANCELLED', 'None', false],
    ['COMPLETING', 'None', false],
    ['PENDING', 'BeginTime', false],
    ['REQUEUED', 'None', false],
  ])('%s for %s: comes back %p', (state, reason, back) => {
    expect(comesBack(shown(state, reason))).toBe(back);
  });

  it('takes no word of a job name for the state', () => {
    expect(comesBack('JobId=12 JobName=xJobState=RUNNING JobState=CANCELLED Reason=None')).toBe(false);
  });
});
