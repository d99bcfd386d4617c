// Compiles the torch half from the package's own sources, by CMake alone: cmake-js would fetch Node's headers, of which an addon of N-API needs
// only those that node-api-headers has.
import { existsSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { usableProcessors } from '../base/processors.js';
import { placeFile } from '../io/place-file.js';
import { runProgram } from '../io/run-program.js';
import { pythonProgram } from '../io/run-python.js';
import { packageFolder, TORCH_ADDON } from '../native/addon-paths.js';
import { offline, type Libtorch } from './find-libtorch.js';
import { headerFolders } from './headers.js';
import type { BringOptions } from './hooks.js';
import { checkTools, hasNinja } from './tools.js';

/** How a fault of CMake or of a compiler begins; what comes at the end is not the reason. */
const FAULT = /^CMake Error|\berror: /;
const REASON_LINES = 6;

/**
 * @param folder gets the addon when it is whole, and keeps what a later call goes on with
 * @throws LongattnError TOOLS_MISSING, SETUP_FAILED, NOT_WRITABLE, DISK_FULL, or the signal's reason
 */
export async function compileHalf(folder: string, libtorch: Libtorch, options: BringOptions): Promise<void> {
  await checkTools();
  const build = path.join(folder, 'build');
  const defines = {
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_JS_INC: (await headerFolders(options)).join(';'),
    LONGATTN_LIBTORCH: libtorch.folder,
    LONGATTN_CUDA: options.cuda ? 'ON' : 'OFF',
    LONGATTN_PYTHON: pythonProgram(),
  };
  const words = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
  // Make's files would be made by default; a machine may have Ninja alone.
  const generator = (await hasNinja()) ? ['-G', 'Ninja'] : [];
  const configure = ['-S', packageFolder(), '-B', build, ...generator, ...words];
  const begun = existsSync(path.join(build, 'CMakeCache.txt'));
  await cmake(configure, options).catch(async (error: unknown) => {
    // What another generator or compiler has begun cannot be gone on with, only begun again.
    if (!begun || options.signal?.aborted) throw error;
    await rm(build, { recursive: true });
    await cmake(configure, options);
  });
  const jobs = String(usableProcessors());
  await cmake(['--build', build, '--parallel', jobs, '--target', 'longattn_torch_addon'], options);
  await placeFile(path.join(folder, TORCH_ADDON), (draft) => copyFile(path.join(build, 'Release', TORCH_ADDON), draft));
}

async function cmake(args: string[], { from, onMessage, signal }: BringOptions): Promise<void> {
  const reason: string[] = [];
  const { code, said } = await runProgram('cmake', args, {
    signal,
    env: { ...process.env, ...offline(from) },
    onMessage: (line) => {
      onMessage?.(line);
      if (reason.length > 0 || FAULT.test(line)) reason.push(line.trim());
    },
  });
  if (code === 0) return;
  const what = `cmake ${args[0] === '-S' ? 'could not configure' : 'could not compile'} the half that runs on torch`;
  throw environmentError('SETUP_FAILED', `${what}: ${reason.slice(0, REASON_LINES).join(' ') || said}`);
}
