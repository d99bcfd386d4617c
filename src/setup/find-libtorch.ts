// The libtorch to build against, found or fetched by the script that also serves the set-up of a clone.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { packageFolder } from '../native/addon-paths.js';
import { runPython } from '../io/run-python.js';
import type { BringOptions } from './hooks.js';

export interface Libtorch {
  /** With include/ and lib/. */
  folder: string;
  /** `2.13.0` */
  version: string;
}

/** Of torch 2.9 and newer, and of those before. */
const VERSION_HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h'];

/**
 * LONGATTN_LIBTORCH, else the torch that python can import, else the cache, else a download.
 * @throws LongattnError PYTHON_MISSING, SETUP_FAILED, or the signal's reason
 */
export async function findLibtorch({ from, cuda, signal, onMessage }: BringOptions): Promise<Libtorch> {
  const script = path.join(packageFolder(), 'scripts', 'fetch-libtorch.py');
  const env = { ...process.env, ...offline(from) };
  const end = await runPython([script, ...(cuda ? ['--cuda'] : [])], { env, signal, onMessage });
  if (end.code !== 0)
    throw environmentError(
      'SETUP_FAILED',
      `libtorch was neither found nor fetched. ${path.basename(script)} says: ${end.said}`,
    );
  return { folder: end.answer, version: versionOf(end.answer) };
}

/** What tells pip, in the script and below CMake, to use a folder and nothing else. */
export function offline(from: string | undefined): NodeJS.ProcessEnv {
  return from === undefined ? {} : { PIP_NO_INDEX: '1', PIP_FIND_LINKS: path.resolve(from) };
}

function versionOf(folder: string): string {
  const header = VERSION_HEADERS.map((name) => path.join(folder, 'include', name)).find((file) => existsSync(file));
  const text = header === undefined ? '' : readFileSync(header, 'utf8');
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define TORCH_VERSION_${part}\\s+(\\d+)`).exec(text)?.[1],
  );
  if (parts.includes(undefined))
    throw environmentError('SETUP_FAILED', `The headers of the libtorch in ${folder} do not say its version.`);
  return parts.join('.');
}
