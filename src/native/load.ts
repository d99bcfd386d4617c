// Loads the addons. Only what computes attention comes through here; everything else works without them.
//
// There are two: the core has layer 0 on the CPU, the torch half everything else. The second brings libtorch's 490 MB into the process,
// so that it is loaded when something first needs it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { environmentError } from '../base/errors.js';
import { version } from '../base/version.js';
import { loadFault, platformFault, thisMachine } from './addon-fault.js';
import {
  addonPath,
  PLATFORM_PACKAGE,
  prebuiltGlibc,
  prebuiltPath,
  TORCH_ADDON,
  torchAddonPath,
} from './addon-paths.js';
import type { NativeBinding, NativeCore, NativeTorch } from './binding.js';
import { tryAddon } from './try-addon.js';

const require = createRequire(import.meta.url);
let core: NativeCore | undefined;
let torch: NativeTorch | undefined;

const NEEDS_CORE = 'Whatever computes attention needs it';
const NEEDS_TORCH = 'Layers above 0, losses and devices other than the CPU need it';

/**
 * The core's exports, loaded at the first call. A prebuilt one is tried in a child process first.
 * @throws LongattnError ADDON_MISSING where it is neither built nor installed; ADDON_BROKEN where the system cannot load it, or where it
 *   is of another version
 */
export function loadBinding(): NativeCore {
  if (core) return core;
  const path = addonPath();
  if (!existsSync(path)) {
    const fault = platformFault(thisMachine());
    const then = fault
      ? `${fault[0]!.toUpperCase()}${fault.slice(1)}`
      : `In a clone run \`npm run setup\` to build it; elsewhere install ${PLATFORM_PACKAGE}@${version}, or set LONGATTN_ADDON to a built longattn.node`;
    throw environmentError(
      'ADDON_MISSING',
      `The native addon is neither at ${path} nor installed as ${PLATFORM_PACKAGE}. ${NEEDS_CORE}. ${then}.`,
    );
  }
  if (path === prebuiltPath()) {
    const fault = tryAddon(path);
    if (fault !== undefined)
      throw environmentError(
        'ADDON_BROKEN',
        `The native addon at ${path} ${platformFault(thisMachine()) ?? loadFault(fault, thisMachine(), prebuiltGlibc())}.`,
      );
  }
  return (core = load<NativeCore>(path));
}

/**
 * The torch half's exports, loaded at the first call.
 * @throws LongattnError TORCH_MISSING where it is not built; ADDON_BROKEN as `loadBinding`
 */
export function loadTorch(): NativeTorch {
  if (torch) return torch;
  const path = torchAddonPath();
  if (!existsSync(path)) {
    throw environmentError(
      'TORCH_MISSING',
      `longattn has no half that runs on torch here (${path}). ${NEEDS_TORCH}. Run \`longattn setup\`, which finds or fetches libtorch and compiles it; in a clone, \`npm run setup\`.`,
    );
  }
  return (torch = load<NativeTorch>(path));
}

function load<T extends NativeBinding>(path: string): T {
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
  const half = path.endsWith(TORCH_ADDON);
  const other = half
    ? 'else remove it and run `longattn setup`'
    : `else install longattn and ${PLATFORM_PACKAGE} of one version`;
  const then = `In a clone run \`npm run setup\` to build it again; ${other}`;
  return environmentError('ADDON_BROKEN', `The native addon at ${path} ${what}. ${then}.`, cause);
}
