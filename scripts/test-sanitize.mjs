#!/usr/bin/env node
// The core's tests under AddressSanitizer and UndefinedBehaviorSanitizer: builds them without the addon into build-sanitize, runs ctest.
//   node scripts/test-sanitize.mjs [ARGUMENTS OF ctest]     e.g. -R attention
//
// Leaks are looked for in our own memory alone: libtorch keeps some of its own until the process ends.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkNativeTools, JOBS } from './lib/native-tools.mjs';
import { fetchLibtorch } from './lib/libtorch.mjs';
import { main, root, run, step } from './lib/step.mjs';

const BUILD = path.join(root, 'build-sanitize');
const SUPPRESSED = ['libtorch_cpu', 'libc10', 'libgomp'];

await main(async (args) => {
  checkNativeTools();
  await step('build', () => {
    const defines = {
      CMAKE_BUILD_TYPE: 'Release',
      LONGATTN_LIBTORCH: fetchLibtorch(),
      LONGATTN_SANITIZE: 'address,undefined',
      LONGATTN_TESTS: 'ON',
    };
    run('cmake', ['-S', root, '-B', BUILD, ...Object.entries(defines).map(([key, value]) => `-D${key}=${value}`)]);
    run('cmake', ['--build', BUILD, '--parallel', JOBS]);
  });
  await step('ctest', () => {
    mkdirSync(BUILD, { recursive: true });
    const suppressions = path.join(BUILD, 'leaks.txt');
    writeFileSync(suppressions, SUPPRESSED.map((library) => `leak:${library}\n`).join(''));
    const env = {
      LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0`,
      UBSAN_OPTIONS: 'print_stacktrace=1',
      OMP_WAIT_POLICY: 'passive',
    };
    run('ctest', ['--test-dir', path.join(BUILD, 'tests'), '--output-on-failure', ...args], { env });
    return 'passed';
  });
});
