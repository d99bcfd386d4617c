#!/usr/bin/env node
// Fuzzes what the core reads from outside, the model spec and the byte ranges that it names, by libFuzzer with AddressSanitizer and
// UndefinedBehaviorSanitizer, without OpenMP and libtorch. Takes Clang with its runtime: apt install clang-14 libclang-rt-14-dev.
//   node scripts/fuzz.mjs [--seconds 600]     without Clang it is skipped, saying so (with CI=true: an error)
// Inputs that found something new are kept in build/fuzz/corpus, one that failed in build/fuzz/.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findClang } from './lib/clang.mjs';
import { skip } from './lib/skip.mjs';
import { main, root, run, step } from './lib/step.mjs';

const FOLDER = path.join(root, 'build', 'fuzz');
const SOURCES = [
  'native/core/fuzz/model_spec_fuzz.cpp',
  'native/core/checkpoint/float_convert.cpp',
  'native/core/checkpoint/mapped_tensor.cpp',
  'native/core/checkpoint/model_spec.cpp',
];
const FLAGS = [
  ...['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-Inative/core'],
  ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'],
];

const PROGRAM = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }';

await main(async () => {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '600' } },
  });
  mkdirSync(path.join(FOLDER, 'corpus'), { recursive: true });
  const compiler = findClang(['-fsanitize=fuzzer,address'], PROGRAM);
  if (!compiler) {
    return skip('fuzz', 'no Clang with libFuzzer (apt-get install clang-14 libclang-rt-14-dev, or set CLANGXX)');
  }
  const binary = path.join(FOLDER, 'model_spec_fuzz');
  await step('build', () => {
    run(compiler, [...FLAGS, ...SOURCES, '-o', binary]);
    return compiler;
  });
  await step('fuzz', () => {
    const limits = [`-max_total_time=${values.seconds}`, '-timeout=10', '-rss_limit_mb=2048', '-max_len=4096'];
    const output = ['-print_final_stats=1', '-verbosity=1', `-artifact_prefix=${FOLDER}/`];
    run(binary, [...limits, ...output, path.join(FOLDER, 'corpus'), path.join(root, 'native/core/fuzz/seeds')]);
    return 'nothing found';
  });
});
