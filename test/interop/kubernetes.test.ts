// The Job that `longattn kubernetes` prints, against the schema in the models of the Kubernetes client for Python.
import { beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { kubernetesJob } from '../../src/cluster/kubernetes-job.js';
import { INSTALL_TIMEOUT_MS, installReaders } from '../support/python-readers.js';

/** Changes that the schema does not allow: text of the Job, and what stands there instead. */
const FAULTS = [
  ['a field that is not in the schema', '"backoffLimitPerIndex"', '"backoffLimitByIndex"'],
  ['a required field that is missing', '"action":"Ignore",', ''],
  ['a number as a word', '"completions":8', '"completions":"8"'],
  ['a quantity that is a number', '"nvidia.com/gpu":"2"', '"nvidia.com/gpu":2'],
  ['a field in the wrong place', '"completionMode":"Indexed",', '"restartPolicy":"Never",'],
] as const;

const job = (gpus: number): string =>
  JSON.stringify(
    kubernetesJob({
      ...{ name: 'longattn', image: 'registry/longattn:0.1', workers: 8, gpus, claim: 'data', mount: '/data' },
      ...{ run: '/data/RUN', workOptions: ['--device', 'cuda'] },
    }),
  );

let complaints: string[] = [];
beforeAll(() => {
  const env = { ...process.env, PYTHONPATH: installReaders() };
  const jobs = [job(0), job(2), ...FAULTS.map(([, from, to]) => job(2).replace(from, to))];
  const script = path.join(import.meta.dirname, 'check_job.py');
  const said = execFileSync('python3', [script], { input: `[${jobs.join()}]`, encoding: 'utf8', env });
  complaints = JSON.parse(said) as string[];
}, INSTALL_TIMEOUT_MS);

it('the Job of Kubernetes, with GPUs and without, is in the schema', () => {
  expect(complaints.slice(0, 2)).toEqual(['', '']);
});

it.each(FAULTS.map(([name, from], fault) => [name, from, fault] as const))('%s is found', (_, from, fault) => {
  expect(job(2)).toContain(from);
  expect(complaints[2 + fault]).not.toBe('');
});
