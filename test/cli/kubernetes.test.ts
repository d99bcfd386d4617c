// The Job that is printed: workers are the scheduler's, the options of a worker are handed on.
import { expect, it } from '@jest/globals';
import { cli } from '../support/cli.js';

it('hands the options of a worker on', async () => {
  const options = ['--workers', '3', '--image', 'hub/longattn:1', '--claim', 'data', '--gpus', '2'];
  const { code, stdout } = await cli(['kubernetes', '/data/RUN', ...options, '--device', 'cuda', '--batch', '8']);
  expect(code).toBe(0);
  const container = {
    image: 'hub/longattn:1',
    command: ['longattn', 'work', '/data/RUN', '--wait', '--batch', '8', '--device', 'cuda'],
    resources: { limits: { 'nvidia.com/gpu': '2' } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  expect(JSON.parse(stdout)).toMatchObject({
    metadata: { name: 'longattn' },
    spec: { completions: 3, parallelism: 3, template: { spec: { containers: [container] } } },
  });
});
