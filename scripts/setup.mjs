#!/usr/bin/env node
// Everything that a fresh clone needs, idempotent: node packages, libtorch, the addon, the TypeScript build.
//   node scripts/setup.mjs [--tests]     --tests also builds the native tests and installs the Python readers that tests run
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkTools } from './lib/native-tools.mjs';
import { hashFiles, unlessStamped } from './lib/stamp.mjs';
import { main, root, run, runBeside, SetupError, step } from './lib/step.mjs';

const MINIMUM_NODE = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old. Install Node.js ${MINIMUM_NODE.join('.')} or newer.`,
    );
  }
}

function installPackages() {
  const key = hashFiles(['package.json', 'package-lock.json']);
  return unlessStamped('node-modules', key, ['node_modules/.package-lock.json'], () => {
    run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']);
  });
}

function buildTypeScript() {
  const key = hashFiles([
    'src',
    'explorer',
    'scripts/build-page.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ]);
  return unlessStamped('typescript', key, ['dist/index.js', 'dist/cli/bin.cjs', 'dist/explorer/app.js'], () => {
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
    run(process.execPath, ['scripts/build-page.mjs']);
  });
}

await main(async (args) => {
  const tests = args.includes('--tests');
  checkNode();
  checkTools();
  const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;
  console.error(`longattn ${version}: setting up`);
  await step('node packages', installPackages);
  // Python's packages come from the network while the compiler works, whose output is shown as it comes.
  await Promise.all([
    tests && step('python readers', () => runBeside(process.execPath, ['scripts/setup-python.mjs'])),
    step(
      'native addon',
      () => run(process.execPath, ['scripts/build-native.mjs', ...(tests ? ['--tests'] : [])]) || 'ready',
    ),
  ]);
  await step('typescript', buildTypeScript);
});
