#!/usr/bin/env node
// All tests: set-up, lint, native tests (ctest), then jest. Extra arguments go to jest: `npm test -- test/windows`.
//   --no-lint  --no-ctest  --no-jest   leave a part out
import path from 'node:path';
import { main, root, run, step } from './lib/step.mjs';

await main(async (args) => {
  const parts = new Set(['lint', 'ctest', 'jest'].filter((part) => !args.includes(`--no-${part}`)));
  const jestArgs = args.filter((arg) => !/^--no-(lint|ctest|jest)$/.test(arg));
  await step('setup', () => run(process.execPath, ['scripts/setup.mjs', '--tests']) || 'ready');
  if (parts.has('lint')) await step('lint', () => run(process.execPath, ['scripts/lint.mjs']) || 'clean');
  if (parts.has('ctest')) {
    // Two at a time: some have one thread. Those with more then share the cores, and must not spin while they wait.
    const ctest = ['--test-dir', path.join(root, 'build', 'tests'), '--output-on-failure', '--parallel', '2'];
    await step('ctest', () => run('ctest', ctest, { env: { OMP_WAIT_POLICY: 'passive' } }) || 'passed');
  }
  if (parts.has('jest')) {
    await step('jest', () => {
      run(process.execPath, [
        '--experimental-vm-modules',
        '--no-warnings',
        'node_modules/jest/bin/jest.js',
        ...jestArgs,
      ]);
      return 'passed';
    });
  }
});
