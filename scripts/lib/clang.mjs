// A Clang that can do what a check takes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const VERSIONS = [20, 19, 18, 17, 16, 15, 14];

/** The first that compiles and links this program with these flags, or undefined. CLANGXX names one. */
export function findClang(flags, program) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-clang-'));
  try {
    const candidates = [process.env.CLANGXX, 'clang++', ...VERSIONS.map((n) => `clang++-${n}`)];
    return candidates.filter(Boolean).find((compiler) => {
      const args = [...flags, '-x', 'c++', '-', '-o', path.join(folder, 'try')];
      return spawnSync(compiler, args, { input: program }).status === 0;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
