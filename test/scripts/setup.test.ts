// What a fresh machine meets first: the tools that are missing by name, and a lock file that `npm ci` takes on every platform.
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

interface LockedPackage {
  integrity?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

describe('npm run setup', () => {
  it('names every tool that is missing and how to get it, from any folder, and ends with 4', () => {
    const folder = tempFolder();
    symlinkSync(process.execPath, path.join(folder, 'node'));
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts', 'setup.mjs')], {
      cwd: folder,
      env: { PATH: folder },
      encoding: 'utf8',
    });
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /^error: Missing: .*C\+\+20 compiler \(.*apt install g\+\+.*CMake 3\.18 or newer \(apt install cmake/m,
    );
    expect(stderr).toMatch(/make or ninja \(.*Python 3\.8 or newer \(.*pip \(apt install python3-pip/);
  });
});

describe('package-lock.json', () => {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const packages = Object.entries(lock.packages).filter(([place]) => place !== '');

  // Mend: remove node_modules and the entry of the package from the lock file, then `npm install --package-lock-only`.
  it('has the optional binaries of all platforms, without which npm ci refuses it', () => {
    const places = new Set(packages.map(([place]) => place));
    const missing = packages.flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !places.has(`node_modules/${name}`) && !places.has(`${place}/node_modules/${name}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry, and the hash of every package', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
  });
});
