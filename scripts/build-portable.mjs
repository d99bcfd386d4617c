#!/usr/bin/env node
// The core addon for systems older than this one: built by Zig's Clang for glibc 2.28 (RHEL 8, Debian 10) into build/portable/PLATFORM,
// where scripts/pack.mjs takes it from.
//   node scripts/build-portable.mjs [PLATFORM] [--tests] [--emulator COMMAND]     after `npm run setup`; four minutes on two cores
//   PLATFORM: linux-x64 (default) or linux-arm64; --tests: also the tests of the core, for ctest, which starts them by COMMAND (words
//   with ; between)
//
// Zig comes from PyPI (ziglang, pinned): it brings Clang, libc++ and the symbols of every glibc. No OpenMP: native/portable has what the core asks
// of it. The bits are those of GCC's build (scripts/check-packages.mjs compares them), because no sum is fused but by the text.
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { newestSymbol } from './lib/newest-symbol.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const ZIG = 'ziglang==0.17.1';
const GLIBC = '2.28';
const TARGETS = { 'linux-x64': `x86_64-linux-gnu.${GLIBC}`, 'linux-arm64': `aarch64-linux-gnu.${GLIBC}` };
const PROCESSORS = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' };

function zig() {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const folder = path.join(cache, ZIG.replace('==', '-'));
  const binary = path.join(folder, 'ziglang', 'zig');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--upgrade'];
    run('python3', [...pip, '--target', folder, ZIG], { env: { PIP_ROOT_USER_ACTION: 'ignore' } });
  }
  return binary;
}

/** Programs of one word each, as CMake wants them. */
function wrappers(build, binary, target) {
  const made = Object.entries({ cxx: `c++ -target ${target}`, ar: 'ar', ranlib: 'ranlib' }).map(([name, words]) => {
    const file = path.join(build, `zig-${name}`);
    writeFileSync(file, `#!/bin/sh\nexec '${binary}' ${words} "$@"\n`);
    chmodSync(file, 0o755);
    return [name, file];
  });
  return Object.fromEntries(made);
}

await main(async (args) => {
  const { values, positionals } = parseArgs({
    args,
    options: { tests: { type: 'boolean', default: false }, emulator: { type: 'string' } },
    allowPositionals: true,
  });
  const platform = positionals[0] ?? 'linux-x64';
  const target = TARGETS[platform];
  if (!target) throw new SetupError(`${platform} must be one of ${Object.keys(TARGETS).join(', ')}.`);
  const build = path.join(root, 'build', 'portable', `${platform}-objects`);
  const out = path.join(root, 'build', 'portable', platform);
  mkdirSync(build, { recursive: true });
  mkdirSync(out, { recursive: true });
  let binary;
  await step('zig', () => {
    binary = zig();
    return run(binary, ['version'], { quiet: true }).trim();
  });
  await step(`core for ${target}`, () => {
    const tools = wrappers(build, binary, target);
    const headers = ['node-api-headers/include', 'node-addon-api'].map((folder) =>
      path.join(root, 'node_modules', folder),
    );
    const defines = {
      CMAKE_SYSTEM_NAME: 'Linux',
      CMAKE_SYSTEM_PROCESSOR: PROCESSORS[platform],
      CMAKE_CXX_COMPILER: tools.cxx,
      CMAKE_AR: tools.ar,
      CMAKE_RANLIB: tools.ranlib,
      CMAKE_BUILD_TYPE: 'Release',
      CMAKE_SHARED_LINKER_FLAGS: '-s',
      CMAKE_JS_INC: headers.join(';'),
      LONGATTN_TORCH: 'OFF',
      LONGATTN_PORTABLE: 'ON',
      LONGATTN_TESTS: values.tests ? 'ON' : 'OFF',
      ...(values.emulator && { CMAKE_CROSSCOMPILING_EMULATOR: values.emulator }),
    };
    const words = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
    run('cmake', ['-S', root, '-B', build, ...words], { quiet: true });
    run('cmake', ['--build', build, '--parallel', '2', ...(values.tests ? [] : ['--target', 'longattn'])], {
      quiet: true,
    });
    copyFileSync(path.join(build, 'Release', 'longattn.node'), path.join(out, 'longattn.node'));
  });
  const floor = newestSymbol(path.join(out, 'longattn.node'), 'GLIBC');
  if (Number(floor.split('.')[1]) > Number(GLIBC.split('.')[1]))
    throw new SetupError(`the core asks for glibc ${floor}, newer than ${GLIBC}.`);
  console.error(`build/portable/${platform}/longattn.node: glibc ${floor} or newer`);
});
