#!/usr/bin/env node
// Builds the addons into build/Release: finds or fetches libtorch, configures through cmake-js, builds what changed.
//   node scripts/build-native.mjs [--tests] [--benches]     also build/tests (for ctest), build/bench
// LONGATTN_SANITIZE=address,undefined and CXX are passed on. Nothing runs when no input has changed since the last success.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fetchLibtorch } from './lib/libtorch.mjs';
import { checkNativeTools, JOBS } from './lib/native-tools.mjs';
import { hashFiles, unlessStamped } from './lib/stamp.mjs';
import { main, root, run } from './lib/step.mjs';

const build = path.join(root, 'build');

function configure(defines) {
  const args = [
    'node_modules/cmake-js/bin/cmake-js',
    'configure',
    '--log-level=warn',
    ...Object.entries(defines).map(([key, value]) => `--CD${key}=${value}`),
  ];
  try {
    run(process.execPath, args);
  } catch (error) {
    // A cache from another place or generator cannot be mended, only made again.
    if (!existsSync(path.join(build, 'CMakeCache.txt'))) throw error;
    rmSync(path.join(build, 'CMakeCache.txt'));
    rmSync(path.join(build, 'CMakeFiles'), { recursive: true, force: true });
    run(process.execPath, args);
  }
}

await main((args) => {
  checkNativeTools();
  const [tests, benches] = ['--tests', '--benches'].map((flag) => args.includes(flag));
  const defines = {
    LONGATTN_LIBTORCH: fetchLibtorch(),
    LONGATTN_TESTS: tests ? 'ON' : 'OFF',
    LONGATTN_BENCHES: benches ? 'ON' : 'OFF',
    LONGATTN_SANITIZE: process.env.LONGATTN_SANITIZE ?? '',
  };
  const inputs = hashFiles([
    'CMakeLists.txt',
    'cmake',
    'native',
    'package.json',
    'node_modules/node-addon-api/package.json',
  ]);
  const key = JSON.stringify([inputs, defines, process.env.CXX ?? '', process.version]);
  const outputs = [
    'build/Release/longattn.node',
    'build/Release/longattn-torch.node',
    ...(tests ? ['build/tests'] : []),
    ...(benches ? ['build/bench'] : []),
  ];
  const done = unlessStamped('native', key, outputs, () => {
    configure(defines);
    run('cmake', ['--build', build, '--parallel', JOBS]);
  });
  console.error(`native: ${done}`);
});
