#!/usr/bin/env node
// The core's threads, and the addon's, under ThreadSanitizer: what two of them do to the same memory without an order between them.
// Takes Clang with its runtime, and GCC's for Node: apt install clang-14 libclang-rt-14-dev libtsan2.
//   node scripts/test-threads.mjs [ARGUMENTS OF ctest]     e.g. -R replicas; without Clang it is skipped, saying so (with CI=true: an error)
//
// Neither libtorch nor an OpenMP runtime is built for it, and each would report every loop: so the half without torch is built, with
// native/portable/openmp.cpp, whose locks it sees. Node is not built for it either, and its runtime is loaded before Node (GCC's, because
// Node does not start with Clang's): what it sees there is our code, and the locks and memory that it has from libc.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findClang } from './lib/clang.mjs';
import { JOBS } from './lib/native-tools.mjs';
import { skip } from './lib/skip.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const BUILD = path.join(root, 'build-threads');
const ADDON = path.join(BUILD, 'Release', 'longattn.node');
const FLAGS = ['-fsanitize=thread', '-g'];
/** It measures memory, and the runtime has some for every byte of ours. */
const LEFT_OUT = '^window_memory_test$';
/** Of test/native/child.mjs: threads and processes that end in the middle of a batch, with their exit codes. */
const ACTIONS = { leave: 0, unanswered: 0, workers: 0, terminate: 0, exit: 7, exitStopped: 7, exitWithWorker: 7 };
const TESTS = ['test/native/model.test.ts'];
const SYSTEM = /\((libtsan|libc|libstdc\+\+|ld-linux)[^()]*\)$/;
/** glibc frees the thread-local memory of a thread that has ended, when it makes another: in an order that the runtime is not told. */
const SUPPRESSED = 'race:dl_deallocate_tls\n';

/** The library that is loaded before Node, or undefined. */
function runtime() {
  const { stdout } = spawnSync('gcc', ['-print-file-name=libtsan.so'], { encoding: 'utf8' });
  const file = stdout?.trim();
  return file && path.isAbsolute(file) && existsSync(file) ? file : undefined;
}

/**
 * Is it of the addon? Each stack of a report begins with what the runtime and libc were asked to do; who asked is next. Further out the
 * addon may stand in reports that are of Node alone: it calls Node, which collects garbage.
 */
function isOurs(report) {
  const stacks = report.split('\n\n').filter((stack) => !/created by|allocated by/.test(stack.trim().split('\n')[0]));
  const askers = stacks.map((stack) => stack.split('\n').find((line) => /^ +#\d+ /.test(line) && !SYSTEM.test(line)));
  return askers.some((line) => line?.includes('longattn.node'));
}

/** Ends with an error where the program does not end as it should, or a report is of the addon. */
function watched(name, words, code, env) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, {
    ...{ cwd: root, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 28 },
  });
  const reports = stderr.split('==================').filter(isOurs);
  if (reports.length > 0) {
    const lines = `addr2line -Cfe ${path.relative(root, ADDON)} 0x... names its lines`;
    throw new SetupError(`${name}: ${reports.length} reports; ${lines}. The first:${reports[0]}`);
  }
  if (status !== code) throw new SetupError(`${name} ended with ${status ?? signal}, not ${code}:\n${stdout}${stderr}`);
}

async function inNode(library) {
  const { openModelFolder } = await import('../dist/model/open-model.js');
  const { specText } = await openModelFolder(path.join(root, 'test', 'fixtures', 'models', 'llama'));
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-threads-'));
  try {
    const [spec, suppressions] = ['spec', 'suppressions'].map((name) => path.join(folder, name));
    writeFileSync(spec, specText);
    writeFileSync(suppressions, SUPPRESSED);
    const env = {
      LD_PRELOAD: library,
      LONGATTN_ADDON: ADDON,
      TSAN_OPTIONS: `halt_on_error=0 exitcode=0 suppressions=${suppressions}`,
    };
    for (const [action, code] of Object.entries(ACTIONS))
      watched(action, ['test/native/child.mjs', action, ADDON, spec], code, env);
    const jest = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand'];
    for (const test of TESTS) watched(test, [...jest, test], 0, env);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return `nothing found in ${[...Object.keys(ACTIONS), ...TESTS].join(', ')}`;
}

await main(async (args) => {
  const compiler = findClang(FLAGS, 'int main() { return 0; }');
  if (!compiler)
    return skip(
      'threads',
      'no Clang with ThreadSanitizer (apt-get install clang-14 libclang-rt-14-dev, or set CLANGXX)',
    );
  await step('build', () => {
    const headers = ['node-api-headers/include', 'node-addon-api'].map((folder) =>
      path.join(root, 'node_modules', folder),
    );
    const defines = {
      CMAKE_BUILD_TYPE: 'Release',
      CMAKE_CXX_COMPILER: compiler,
      CMAKE_CXX_FLAGS: FLAGS.join(' '),
      CMAKE_JS_INC: headers.join(';'),
      LONGATTN_TORCH: 'OFF',
      LONGATTN_PORTABLE: 'ON',
      LONGATTN_TESTS: 'ON',
    };
    run('cmake', ['-S', root, '-B', BUILD, ...Object.entries(defines).map(([key, value]) => `-D${key}=${value}`)]);
    run('cmake', ['--build', BUILD, '--parallel', JOBS]);
    return compiler;
  });
  await step('ctest', () => {
    run('ctest', ['--test-dir', path.join(BUILD, 'tests'), '--output-on-failure', '-E', LEFT_OUT, ...args]);
    return 'passed';
  });
  const library = runtime();
  if (!library) return skip('threads of the addon', 'no libtsan of GCC (apt-get install libtsan2)');
  await step('addon', () => inNode(library));
});
