#!/usr/bin/env node
// Everything that a fresh clone needs, idempotent: node packages, libtorch, the addon, the TypeScript build.
//   node scripts/setup.mjs [--tests]     --tests also builds the native tests and installs the Python readers that tests run
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hashFiles, unlessStamped } from './lib/stamp.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const MINIMUM_NODE = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old. Install Node.js ${MINIMUM_NODE.join('.')} or newer.`,
    );
  }
}

/** Each tool: how to ask for it, and what to install where it is missing. */
const TOOLS = [
  {
    name: 'a C++17 compiler',
    tries: [['c++'], ['g++'], ['clang++']],
    get: 'apt install g++ (Debian), dnf install gcc-c++ (Fedora)',
  },
  { name: 'CMake 3.18 or newer', tries: [['cmake']], get: 'apt install cmake, or pip install cmake' },
  { name: 'make or ninja', tries: [['make'], ['ninja']], get: 'apt install make' },
  { name: 'Python 3', tries: [['python3']], get: 'apt install python3 python3-pip' },
  { name: 'pip', tries: [['python3', '-m', 'pip']], get: 'apt install python3-pip' },
];

function checkTools() {
  const missing = TOOLS.filter(({ tries }) => {
    return !tries.some(
      ([command, ...args]) => spawnSync(command, [...args, '--version'], { stdio: 'ignore' }).status === 0,
    );
  });
  if (missing.length > 0) {
    throw new SetupError(`Missing: ${missing.map(({ name, get }) => `${name} (${get})`).join('; ')}.`);
  }
}

function installPackages() {
  const key = hashFiles(['package.json', 'package-lock.json']);
  return unlessStamped('node-modules', key, ['node_modules/.package-lock.json'], () => {
    // Not `npm ci`: it refuses a lock file without the optional binaries of every other platform. --no-save keeps to the lock.
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']);
  });
}

function buildTypeScript() {
  const key = hashFiles(['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']);
  return unlessStamped('typescript', key, ['dist/index.js', 'dist/cli/main.js'], () => {
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  });
}

await main(async (args) => {
  const tests = args.includes('--tests');
  checkNode();
  checkTools();
  const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;
  console.error(`longattn ${version}: setting up`);
  await step('node packages', installPackages);
  await step(
    'native addon',
    () => run(process.execPath, ['scripts/build-native.mjs', ...(tests ? ['--tests'] : [])]) || 'ready',
  );
  await step('typescript', buildTypeScript);
  if (tests) await step('python readers', () => run(process.execPath, ['scripts/setup-python.mjs']) || 'ready');
});
