#!/usr/bin/env node
// Configures, compiles and links the CUDA half, addon included, without a GPU: nvcc and the CUDA build of torch from PyPI, kept in the cache.
//   node scripts/check-cuda.mjs [--torch 2.11.0] [--page]
// --torch: another torch than the pinned one; GPU machines often have 2.11. --page writes registers and spills into docs/cuda.md, which
// are compared with it else.
//
// Nothing runs here: the kernel's arithmetic, its addresses and the paths in torch's operators are tests of ctest. What ptxas says is
// read, because two of its warnings (C7508 to C7515: setmaxnreg ignored, wgmma serialised) would halve the kernel and fail nothing.
//
// Skipped, saying so, where it is not wanted (LONGATTN_SKIP_CUDA_CHECK=1) or cannot be done (no Linux on x86-64, an old CMake, no
// network within five minutes; with CI=true that is an error). Anything that compiles wrongly is not skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { JOBS } from './lib/native-tools.mjs';
import { hashFiles, unlessStamped } from './lib/stamp.mjs';
import { skip } from './lib/skip.mjs';
import { main, root, run, step } from './lib/step.mjs';

const FETCH_TIMEOUT_MS = 300_000;
const MINIMUM_CMAKE = [3, 25];
/** Two of the three that are built by default: Ampere's instructions and Hopper's. */
const ARCHITECTURES = '80-real;90a-real';
const TARGETS = [
  'fused_smoke',
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
  'longattn_torch_addon',
];
/** A number: make without one starts all at once, and a file takes a gigabyte. */
const PAGE = 'docs/cuda.md';
const MARKS = ['<!-- registers and spills: node scripts/check-cuda.mjs --page -->', '<!-- end -->'];
/** Headers of Node and of its wrapper, as cmake-js would name them; a shared library leaves Node's own functions open. */
const NODE_HEADERS = ['node_modules/node-api-headers/include', 'node_modules/node-addon-api'];

class Skip extends Error {}

function skipWhereImpossible() {
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

/** What ptxas said of the kernels in the log of their build. @throws where it gave up what they are written for */
function readPtxas(log) {
  const { status, stdout } = spawnSync('python3', ['scripts/gpu_check/ptxas.py', log], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`scripts/gpu_check/ptxas.py could not read ${log}`);
  const { kernels, refused } = JSON.parse(stdout);
  if (refused.length > 0) throw new Error(`ptxas: ${refused[0]}`);
  if (!kernels.some(({ kernel }) => kernel.startsWith('wgmma'))) throw new Error(`${log} tells of no wgmma kernel`);
  return kernels;
}

/** A row a kind of kernel: what all variants of it have in common, by architecture. */
function table(kernels) {
  const rows = new Map();
  for (const { kernel, architecture, registers, spill_stores: stores, spill_loads: loads } of kernels) {
    const kind = kernel.replace(/ (fp16|bf16)/, '').replace(/ rows \d+/, '');
    const cell = `${registers}, ${stores} and ${loads}`;
    const row = rows.get(kind) ?? rows.set(kind, {}).get(kind);
    (row[architecture] ??= new Set()).add(cell);
  }
  const cells = (row, architecture) => [...(row[architecture] ?? ['-'])].sort().join('; ');
  return [
    '| kernel, width | sm_80: registers, bytes of spills stored and loaded | sm_90a |',
    '| --- | --- | --- |',
    ...[...rows]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([kind, row]) => `| ${kind} | ${cells(row, 'sm_80')} | ${cells(row, 'sm_90a')} |`),
  ].join('\n');
}

/** Holds the page to what was compiled, or writes it. */
function comparePage(kernels, write) {
  const file = path.join(root, PAGE);
  const page = readFileSync(file, 'utf8');
  const [start, end] = [page.indexOf(MARKS[0]) + MARKS[0].length, page.indexOf(MARKS[1])];
  if (start < MARKS[0].length || end < start) throw new Error(`${PAGE} has no place for registers and spills`);
  const wanted = `${page.slice(0, start)}\n${table(kernels)}\n${page.slice(end)}`;
  if (write) return writeFileSync(file, wanted);
  if (page !== wanted)
    throw new Error(`registers or spills are not those of ${PAGE}: node scripts/check-cuda.mjs --page writes them`);
}

/** The linker lets a shared library leave anything open: of ours nothing may be. */
function requireOwnFunctions(library) {
  const { status, stdout } = spawnSync('nm', ['-DC', '--undefined-only', library], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`nm could not read ${library}`);
  const open = stdout.split('\n').find((line) => line.includes('longattn::'));
  if (open) throw new Error(`${library} lacks ${open.trim()}`);
}

/** Builds the kernels anew, so that ptxas says all again. */
function buildKernels(folder, log) {
  const objects = path.join(root, folder, 'CMakeFiles', 'longattn_kernels.dir');
  for (const name of readdirSync(objects, { recursive: true }))
    if (name.endsWith('.o')) rmSync(path.join(objects, name));
  const build = `cmake --build ${folder} --parallel ${JOBS} --target longattn_kernels > ${log} 2>&1`;
  const { status } = spawnSync('sh', ['-c', build], { cwd: root });
  if (status !== 0) {
    console.error(readFileSync(path.join(root, log), 'utf8').slice(-4000));
    throw new Error(`the kernels do not compile: ${log}`);
  }
}

function compile(libtorch, toolkit, folder) {
  for (const headers of NODE_HEADERS) {
    if (!existsSync(path.join(root, headers))) throw new Error(`${headers} is missing: run npm ci first`);
  }
  const key = JSON.stringify([
    hashFiles(['CMakeLists.txt', 'cmake', 'native', 'package-lock.json']),
    libtorch,
    toolkit,
    process.env.CXX ?? '',
  ]);
  const log = `${folder}/ptxas.log`;
  const outputs = [
    'bench/longattn_cuda_bench',
    'bench/longattn_device_decoder_bench',
    'ptxas.log',
    'Release/longattn-torch.node',
  ].map((name) => path.join(folder, name));
  const done = unlessStamped(path.basename(folder), key, outputs, () => {
    mkdirSync(path.join(root, folder), { recursive: true });
    const options = {
      LONGATTN_CUDA: 'ON',
      LONGATTN_LIBTORCH: libtorch,
      LONGATTN_NVCC: path.join(toolkit, 'bin', 'nvcc'),
      LONGATTN_CUDA_ARCHITECTURES: ARCHITECTURES,
      LONGATTN_PTXAS: 'ON',
      LONGATTN_TESTS: 'ON',
      LONGATTN_BENCHES: 'ON',
      CMAKE_JS_INC: NODE_HEADERS.map((headers) => path.join(root, headers)).join(';'),
    };
    const defines = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
    run('cmake', ['-S', '.', '-B', folder, ...defines]);
    buildKernels(folder, log);
    run('cmake', ['--build', folder, '--parallel', JOBS, '--target', ...TARGETS]);
    const missing = outputs.find((output) => !existsSync(path.join(root, output)));
    if (missing) throw new Error(`${missing} was not built`);
    requireOwnFunctions(outputs.at(-1));
  });
  return { done, kernels: readPtxas(log) };
}

await main(async (args) => {
  if (process.env.LONGATTN_SKIP_CUDA_CHECK === '1')
    return void console.error('[cuda] SKIPPED as asked: LONGATTN_SKIP_CUDA_CHECK=1');
  const torch = args.includes('--torch') ? args[args.indexOf('--torch') + 1] : undefined;
  try {
    skipWhereImpossible();
    const libtorch = fetched('fetch-libtorch.py', ['--cuda', ...(torch ? ['--torch', torch] : [])]);
    const toolkit = fetched('fetch-cuda.py', []);
    await step('cuda', () => {
      const { done, kernels } = compile(libtorch, toolkit, torch ? `build/cuda-${torch}` : 'build/cuda');
      comparePage(kernels, args.includes('--page'));
      return `${done}: compiled and linked for ${ARCHITECTURES} with ${path.basename(path.dirname(libtorch))}, not run`;
    });
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    skip('cuda', `nothing was compiled by nvcc: ${error.message}`);
  }
});
