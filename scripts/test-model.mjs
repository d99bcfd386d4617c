#!/usr/bin/env node
// The tests of a whole model (test/fetched), which a checkout does not hold: `longattn model fetch` makes it first (269 MB, once). They
// are no part of `npm test`, which needs no model from the network. After `npm run setup`. Where the model cannot be had they are
// skipped and that is said; with CI=true it is an error.
import { skip } from './lib/skip.mjs';
import { main, run, SetupError, step } from './lib/step.mjs';

await main(async () => {
  let fetched = false;
  await step('model', () => {
    try {
      run(process.execPath, ['dist/cli/bin.cjs', 'model', 'fetch', 'smollm2-135m']);
      fetched = true;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      skip('model', error.message);
    }
    return fetched ? 'smollm2-135m' : 'not there';
  });
  if (!fetched) return;
  await step('jest of the model', () => {
    const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
    run(process.execPath, [
      ...jest,
      '--runInBand',
      '--roots',
      'test/fetched',
      '--testPathIgnorePatterns',
      '/node_modules/',
    ]);
    return 'passed';
  });
});
