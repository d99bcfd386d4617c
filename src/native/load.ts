// Finds and loads the addons. Only what computes attention comes through here; everything else works without them.
//
// There are two: the core has layer 0 on the CPU, the torch half everything else. The second brings libtorch's 490 MB into the process,
// so that it is loaded when something first needs it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { environmentError } from '../base/errors.js';
import { version } from '../base/version.js';
import type { NativeBinding, NativeCore, NativeTorch } from './binding.js';

const require = createRequire(import.meta.url);
let core: NativeCore | undefined;
let torch: NativeTorch | undefined;

/** The package of this platform's prebuilt core. */
export const PLATFORM_PACKAGE = `@longattn/${process.platform}-${process.arch}`;

const NEEDS_TORCH = 'Layers above 0, losses and devices other than the CPU need it';

/** `LONGATTN_ADDON`, else build/Release/longattn.node in the package's folder, else that of the platform's package. */
export function addonPath(): string {
  if (process.env['LONGATTN_ADDON']) return process.env['LONGATTN_ADDON'];
  const built = builtPath('longattn.node');
  if (existsSync(built)) return built;
  try {
    return require.resolve(`${PLATFORM_PACKAGE}/longattn.node`);
  } catch {
    return built;
  }
}

/** `LONGATTN_TORCH_ADDON`, else build/Release/longattn-torch.node in the package's folder. */
export function torchAddonPath(): string {
  return process.env['LONGATTN_TORCH_ADDON'] || builtPath('longattn-torch.node');
}

function builtPath(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // src/native and dist/native lie at the same depth, but a bundler may have moved this file.
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'build', 'Release', name);
}

/**
 * The core's exports, loaded at the first call.
 * @throws LongattnError ADDON_MISSING where it is neither built nor installed; ADDON_BROKEN where the system cannot load it, or where it
 *   is of another version
 */
export function loadBinding(): NativeCore {
  const path = addonPath();
  return (core ??= load<NativeCore>(path, () =>
    environmentError(
      'ADDON_MISSING',
      `The native addon is neither at ${path} nor installed as ${PLATFORM_PACKAGE}. In a clone run \`npm run setup\` to build it; elsewhere install that package, or set LONGATTN_ADDON to a built longattn.node.`,
    ),
  ));
}

/**
 * The torch half's exports, loaded at the first call.
 * @throws LongattnError TORCH_MISSING where it is not built; ADDON_BROKEN as `loadBinding`
 */
export function loadTorch(): NativeTorch {
  const path = torchAddonPath();
  return (torch ??= load<NativeTorch>(path, () =>
    environmentError(
      'TORCH_MISSING',
      `The half of longattn that runs on torch is not at ${path}. ${NEEDS_TORCH}: run \`npm run setup\` in a clone, or set LONGATTN_TORCH_ADDON to a built longattn-torch.node.`,
    ),
  ));
}

/** `missing` makes the error for a file that is not there. */
function load<T extends NativeBinding>(path: string, missing: () => Error): T {
  if (!existsSync(path)) throw missing();
  let binding: T;
  try {
    binding = require(path) as T;
  } catch (error) {
    throw broken(path, `cannot be loaded: ${(error as Error).message}`, error);
  }
  const { addon } = binding.versions();
  if (addon !== version) throw broken(path, `is of longattn ${addon}, and this is ${version}`);
  // An ending process does not wait for a batch. The end of a worker thread is the addon's own business.
  if (isMainThread) process.once('exit', binding.stop);
  return binding;
}

function broken(path: string, what: string, cause?: unknown): Error {
  const then = `In a clone run \`npm run setup\` to build it again; else install ${PLATFORM_PACKAGE} of version ${version} for a Linux with glibc 2.34 or newer.`;
  return environmentError('ADDON_BROKEN', `The native addon at ${path} ${what}. ${then}`, cause);
}
