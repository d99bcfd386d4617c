#!/usr/bin/env node
// Format, lint and type checks: prettier, eslint, tsc, the layers of folders, the public types, the codes of errors and
// the paths that docs and comments name; clang-format for C++. --fix writes what can be mended.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { main, root, run, runBeside, step } from './lib/step.mjs';

const CLANG_FORMAT = 'clang-format==19.1.7';

/** clang-format comes from PyPI, pinned: its output changes between versions. */
function clangFormat() {
  const cache =
    process.env.LONGATTN_CACHE ??
    path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'longattn');
  const folder = path.join(cache, CLANG_FORMAT.replace('==', '-'));
  const binary = path.join(folder, 'clang_format', 'data', 'bin', 'clang-format');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    run('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade', '--target', folder, CLANG_FORMAT]);
  }
  return binary;
}

function nativeFiles(folder = 'native') {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return nativeFiles(file);
    return /\.(h|cpp|cu|cuh)$/.test(entry.name) ? [file] : [];
  });
}

const bin = (name) => path.join(root, 'node_modules', ...name.split('/'));

await main(async (args) => {
  const fix = args.includes('--fix');
  const text = ['src', 'explorer', 'test', 'scripts', '*.{json,mjs}'].filter(
    (p) => p.startsWith('*') || existsSync(path.join(root, p)),
  );
  const patterns = text.map((p) => (p.startsWith('*') ? p : `${p}/**/*.{ts,cts,mjs}`));
  const prettier = [bin('prettier/bin/prettier.cjs'), fix ? '--write' : '--check', '--log-level=warn', ...patterns];
  const eslint = [bin('eslint/bin/eslint.js'), ...(fix ? ['--fix'] : []), 'src', 'explorer', 'test', 'scripts'];
  // One after the other where both write. Else the slowest has a core to itself.
  if (fix) {
    run(process.execPath, prettier);
    run(process.execPath, eslint);
  }
  const rest = async () => {
    if (!fix) await step('prettier', () => runBeside(process.execPath, prettier));
    await step('tsc', async () => {
      for (const project of ['tsconfig.json', 'explorer/tsconfig.json'])
        await runBeside(process.execPath, [bin('typescript/bin/tsc'), '-p', project, '--noEmit']);
    });
  };
  await Promise.all([!fix && step('eslint', () => runBeside(process.execPath, eslint)), rest()]);
  await step('layers', () => run(process.execPath, ['scripts/check-layers.mjs']));
  await step('api', () => run(process.execPath, ['scripts/check-api.mjs']));
  await step('paths', () => run(process.execPath, ['scripts/check-paths.mjs']));
  await step('error codes', () => run(process.execPath, ['scripts/errors-page.mjs', ...(fix ? [] : ['--check'])]));
  await step('clang-format', () =>
    run(clangFormat(), [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...nativeFiles()]),
  );
});
