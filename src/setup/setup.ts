// Brings the half of the addon that runs on torch: finds or fetches libtorch, takes a prebuilt half that fits it, else compiles one.
//
// What is made lies in the user's cache, a folder for each version of longattn, of N-API, of torch and each place that torch lies in, so that
// no two of them are ever mixed. Compiling goes on where it was stopped; of two that start together one waits for the other.
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { environmentError, LongattnError } from '../base/errors.js';
import { withDownloadLock } from '../hub/download-lock.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { makeFolder } from '../io/make-folder.js';
import { thisMachine, platformFault } from '../native/addon-fault.js';
import { TORCH_ADDON, torchAddonPath } from '../native/addon-paths.js';
import { halfFolder, halvesFolder, recordPath } from '../native/set-up-half.js';
import { tryAddon } from '../native/try-addon.js';
import type { SetupOptions } from '../options/setup-options.js';
import { SETUP } from '../options/setup-options.js';
import { parseRows } from '../options/parse-rows.js';
import { compileHalf } from './compile-half.js';
import { findLibtorch, type Libtorch } from './find-libtorch.js';
import type { BringOptions, SetupHooks } from './hooks.js';
import { takePrebuilt } from './take-prebuilt.js';

export interface SetupResult {
  /** The addon, which is found from now on. */
  addon: string;
  /** `there`: it was set up before. */
  how: 'there' | 'prebuilt' | 'compiled';
  /** The folder of libtorch; undefined: that of a clone or of LONGATTN_TORCH_ADDON, which know theirs. */
  libtorch?: string;
  /** Version of libtorch. */
  torch?: string;
}

/**
 * @throws LongattnError INVALID_OPTION, PYTHON_MISSING, TOOLS_MISSING, SETUP_FAILED, ADDON_BROKEN, NOT_WRITABLE, DISK_FULL, or the signal's
 *   reason
 */
export async function setup(options: SetupOptions = {}, hooks: SetupHooks = {}): Promise<SetupResult> {
  const { from, cuda } = parseRows(SETUP, { ...options });
  if (from !== undefined && !statSync(from, { throwIfNoEntry: false })?.isDirectory()) {
    throw new LongattnError(
      'INVALID_OPTION',
      `from must not be "${from}": there is no such folder. It must be the path of a folder of tarballs and wheels.`,
    );
  }
  const own = ownHalf();
  if (own !== undefined && !cuda) return { addon: checked(own), how: 'there' };
  const fault = platformFault(thisMachine());
  if (fault !== undefined && process.platform === 'win32') throw environmentError('TOOLS_MISSING', `${fault}.`);
  await makeFolder(halvesFolder());
  const signal = hooks.signal ?? new AbortController().signal;
  const onWait = (): void => hooks.onMessage?.('another process sets up; waiting for it');
  return withDownloadLock(path.join(halvesFolder(), 'setup.lock'), { signal, onWait }, async () => {
    const libtorch = await findLibtorch({ from, cuda, ...hooks });
    const name = halfFolder(libtorch.version, libtorch.folder, cuda);
    const folder = path.join(halvesFolder(), name);
    const how = await bring(folder, libtorch, { from, cuda, ...hooks });
    const addon = checked(path.join(folder, TORCH_ADDON));
    await writeTextAtomically(recordPath(), `${JSON.stringify({ half: name })}\n`);
    return { addon, how, libtorch: libtorch.folder, torch: libtorch.version };
  });
}

/** What comes before all that is set up here: LONGATTN_TORCH_ADDON, and what a clone has built. */
function ownHalf(): string | undefined {
  const found = torchAddonPath();
  return path.relative(halvesFolder(), found).startsWith('..') && existsSync(found) ? found : undefined;
}

async function bring(folder: string, libtorch: Libtorch, options: BringOptions): Promise<SetupResult['how']> {
  const addon = path.join(folder, TORCH_ADDON);
  if (existsSync(addon)) {
    const fault = tryAddon(addon);
    if (fault === undefined) return 'there';
    options.onMessage?.(`${addon} cannot be loaded any more (${fault}): it is made again`);
    await rm(addon);
  }
  await makeFolder(folder);
  // One of CUDA belongs to one toolkit, so that none is offered.
  if (!options.cuda && (await takePrebuilt(folder, libtorch, options))) return 'prebuilt';
  await compileHalf(folder, libtorch, options);
  return 'compiled';
}

function checked(addon: string): string {
  const fault = tryAddon(addon);
  if (fault === undefined) return addon;
  throw environmentError(
    'ADDON_BROKEN',
    `The half of longattn that runs on torch is at ${addon} and cannot be loaded: ${fault}. Remove it, and set up again.`,
  );
}
