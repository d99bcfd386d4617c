// Finds and loads the addon. Only what computes attention comes through here; everything else works without it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { environmentError } from '../base/errors.js';
import type { NativeBinding } from './binding.js';

const require = createRequire(import.meta.url);
let loaded: NativeBinding | undefined;

/** `LONGATTN_ADDON`, else build/Release/longattn.node in the package's folder. */
export function addonPath(): string {
  if (process.env['LONGATTN_ADDON']) return process.env['LONGATTN_ADDON'];
  let folder = dirname(fileURLToPath(import.meta.url));
  // src/native and dist/native lie at the same depth, but a bundler may have moved this file.
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'build', 'Release', 'longattn.node');
}

/**
 * The addon's exports, loaded at the first call.
 * @throws LongattnError ADDON_MISSING where it is not built; ADDON_BROKEN where the system cannot load it
 */
export function loadBinding(): NativeBinding {
  if (loaded) return loaded;
  const path = addonPath();
  if (!existsSync(path)) {
    throw environmentError(
      'ADDON_MISSING',
      `The native addon is not at ${path}. Run \`npm run setup\` to build it, or set LONGATTN_ADDON to a built longattn.node.`,
    );
  }
  try {
    loaded = require(path) as NativeBinding;
    // An ending process does not wait for a batch. The end of a worker thread is the addon's own business.
    if (isMainThread) process.once('exit', loaded.stop);
    return loaded;
  } catch (error) {
    throw environmentError(
      'ADDON_BROKEN',
      `The native addon at ${path} cannot be loaded: ${(error as Error).message}. Run \`npm run setup\` to build it again.`,
      error,
    );
  }
}
