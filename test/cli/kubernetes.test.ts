// The Job that is printed: workers are the scheduler's, the options of a worker are handed on.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { cli } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

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

it('does not take the workers of a run on one machine, in a file of options, for its own', async () => {
  const config = path.join(tempFolder(), 'options.json');
  writeFileSync(config, JSON.stringify({ workers: 7 }));
  const options = ['kubernetes', '/data/RUN', '--image', 'hub/longattn:1', '--claim', 'data', '--config', config];
  const asked = await cli([...options, '--workers', '3']);
  expect(JSON.parse(asked.stdout)).toMatchObject({ spec: { completions: 3, parallelism: 3 } });
  const silent = await cli(options);
  expect(silent.code).toBe(2);
  expect(silent.stderr).toContain('workers');
});
