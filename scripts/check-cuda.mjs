#!/usr/bin/env node
// Configures, compiles and links the CUDA half, addon included, without a GPU: nvcc and the CUDA build of torch from PyPI, kept in the cache.
//   node scripts/check-cuda.mjs
// Nothing runs here: the kernel's arithmetic, its addresses and the paths in torch's operators are tests of ctest.
//
// Skipped, saying so, where it cannot be done (no Linux on x86-64, an old CMake, no network within five minutes) or is
// not wanted (LONGATTN_SKIP_CUDA_CHECK=1). A skip is exit code 0; anything that compiles wrongly is not skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { hashFiles, unlessStamped } from './lib/stamp.mjs';
import { main, root, run, step } from './lib/step.mjs';

const FETCH_TIMEOUT_MS = 300_000;
const MINIMUM_CMAKE = [3, 25];
/** Two of the three that are built by default: Ampere's instructions and Hopper's. */
const ARCHITECTURES = '80-real;90a-real';
const TARGETS = [
  'longattn_kernels',
  'fused_device_test',
  'device_stats_test',
  'device_rows_test',
  'device_table_test',
  'device_lse_test',
  'decoder_device_test',
  'model_replicas_test',
  'longattn_cuda_bench',
  'longattn_device_decoder_bench',
  'longattn',
];
/** Headers of Node and of its wrapper, as cmake-js would name them; a shared library leaves Node's own functions open. */
const NODE_HEADERS = ['node_modules/node-api-headers/include', 'node_modules/node-addon-api'];

class Skip extends Error {}

function skipWhereImpossible() {
  if (process.env.LONGATTN_SKIP_CUDA_CHECK === '1') throw new Skip('LONGATTN_SKIP_CUDA_CHECK=1');
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Skip(`there is no CUDA build of torch for ${process.platform} ${process.arch} on PyPI`);
  }
  const said = /version (\d+)\.(\d+)/.exec(spawnSync('cmake', ['--version'], { encoding: 'utf8' }).stdout ?? '');
  const [major, minor] = said ? [Number(said[1]), Number(said[2])] : [0, 0];
  if (major < MINIMUM_CMAKE[0] || (major === MINIMUM_CMAKE[0] && minor < MINIMUM_CMAKE[1])) {
    throw new Skip(`it takes CMake ${MINIMUM_CMAKE.join('.')} or newer, this is ${said ? said[0] : 'none'}`);
  }
}

/** The folder that a fetching script prints. */
function fetched(script, args) {
  const { status, stdout, error } = spawnSync('python3', [path.join('scripts', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: FETCH_TIMEOUT_MS,
    env: { ...process.env, LONGATTN_LIBTORCH: '' },
  });
  if (error?.code === 'ETIMEDOUT') throw new Skip(`scripts/${script} took more than ${FETCH_TIMEOUT_MS / 1000} s`);
  if (status === 4) throw new Skip(`scripts/${script} could not fetch: the lines above say why`);
  if (status !== 0) throw new Error(`scripts/${script} ended with ${status}`);
  return stdout.trim();
}

/** The linker lets a shared library leave anything open: of ours nothing may be. */
function requireOwnFunctions(library) {
  const { status, stdout } = spawnSync('nm', ['-DC', '--undefined-only', library], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`nm could not read ${library}`);
  const open = stdout.split('\n').find((line) => line.includes('longattn::'));
  if (open) throw new Error(`${library} lacks ${open.trim()}`);
}

function compile(libtorch, toolkit) {
  for (const folder of NODE_HEADERS) {
    if (!existsSync(path.join(root, folder))) throw new Error(`${folder} is missing: run npm ci first`);
  }
  const key = JSON.stringify([
    hashFiles(['CMakeLists.txt', 'cmake', 'native', 'package-lock.json']),
    libtorch,
    toolkit,
    process.env.CXX ?? '',
  ]);
  const outputs = ['bench/longattn_cuda_bench', 'bench/longattn_device_decoder_bench', 'Release/longattn.node'].map(
    (name) => path.join('build', 'cuda', name),
  );
  return unlessStamped('cuda', key, outputs, () => {
    mkdirSync(path.join(root, 'build', 'cuda'), { recursive: true });
    const options = {
      LONGATTN_CUDA: 'ON',
      LONGATTN_LIBTORCH: libtorch,
      LONGATTN_NVCC: path.join(toolkit, 'bin', 'nvcc'),
      LONGATTN_CUDA_ARCHITECTURES: ARCHITECTURES,
      LONGATTN_TESTS: 'ON',
      LONGATTN_BENCHES: 'ON',
      CMAKE_JS_INC: NODE_HEADERS.map((folder) => path.join(root, folder)).join(';'),
    };
    const defines = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
    run('cmake', ['-S', '.', '-B', 'build/cuda', ...defines]);
    run('cmake', ['--build', 'build/cuda', '--parallel', '--target', ...TARGETS]);
    const missing = outputs.find((output) => !existsSync(path.join(root, output)));
    if (missing) throw new Error(`${missing} was not built`);
    requireOwnFunctions(outputs.at(-1));
  });
}

await main(async () => {
  try {
    skipWhereImpossible();
    const libtorch = fetched('fetch-libtorch.py', ['--cuda']);
    const toolkit = fetched('fetch-cuda.py', []);
    await step('cuda', () => `${compile(libtorch, toolkit)}: compiled and linked for ${ARCHITECTURES}, not run`);
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    console.error(`[cuda] SKIPPED, nothing was compiled by nvcc: ${error.message}`);
  }
});
