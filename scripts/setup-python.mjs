#!/usr/bin/env node
// The Python libraries that test/interop opens our files with, in a folder of their own: nothing of the user's Python is touched.
//   node scripts/setup-python.mjs      prints the folder for PYTHONPATH
//
// Cache: $LONGATTN_CACHE or ~/.cache/longattn, in a folder named by the requirements and the Python that they were installed for.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { main, root, run, SetupError } from './lib/step.mjs';

const REQUIREMENTS = path.join(root, 'test', 'interop', 'requirements.txt');
const MINIMUM_PYTHON = [3, 10];

/** Version and platform: compiled packages fit only these. */
function pythonTag() {
  const code =
    'import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_platform(), sys.implementation.cache_tag)';
  const tag = run('python3', ['-c', code], { quiet: true }).trim();
  const [major, minor] = tag.split(' ').map(Number);
  if (major < MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor < MINIMUM_PYTHON[1])) {
    throw new SetupError(
      `python3 is ${major}.${minor}; the tests that read our files with Python need ${MINIMUM_PYTHON.join('.')} or newer.`,
    );
  }
  return tag;
}

/** Installed under another name first, so that an interrupted install is never taken for a whole one. */
function install(folder) {
  const draft = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  mkdirSync(path.dirname(folder), { recursive: true });
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-warn-conflicts'];
    const env = { PIP_ROOT_USER_ACTION: 'ignore' };
    run('python3', [...pip, '--target', draft, '--requirement', REQUIREMENTS], { env });
    writeFileSync(path.join(draft, 'longattn-complete'), '');
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

await main(async () => {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const key = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(pythonTag()).digest('hex').slice(0, 16);
  const folder = path.join(cache, 'python-readers', key);
  if (!existsSync(path.join(folder, 'longattn-complete'))) install(folder);
  console.log(folder);
});
