// A half that was built for everybody, of one minor version of torch: the installed package @longattn/PLATFORM-torch-2.13, or its tarball in the
// folder of --from. It finds libtorch by a link beside it, so that it fits wherever that lies. What cannot be loaded is left, with a word.
import { existsSync } from 'node:fs';
import { copyFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { version } from '../base/version.js';
import { ownCache } from '../base/user-cache.js';
import { placeFile } from '../io/place-file.js';
import { PLATFORM_PACKAGE, TORCH_ADDON } from '../native/addon-paths.js';
import { tryAddon } from '../native/try-addon.js';
import type { Libtorch } from './find-libtorch.js';
import { installPackages, tarballIn } from './install-packages.js';
import type { BringOptions } from './hooks.js';

const require = createRequire(import.meta.url);

/** @returns whether `folder` has a half now that can be loaded */
export async function takePrebuilt(folder: string, libtorch: Libtorch, options: BringOptions): Promise<boolean> {
  const name = `${PLATFORM_PACKAGE}-torch-${libtorch.version.split('.', 2).join('.')}`;
  const found = installed(name) ?? (await fromFolder(name, options));
  if (found === undefined) return false;
  const addon = path.join(folder, TORCH_ADDON);
  await placeFile(path.join(folder, 'libtorch'), (draft) => symlink(libtorch.folder, draft));
  await placeFile(addon, (draft) => copyFile(found, draft));
  const fault = tryAddon(addon);
  if (fault === undefined) return true;
  options.onMessage?.(`the prebuilt half of ${name} does not fit ${libtorch.folder} (${fault}): one is compiled`);
  await rm(addon);
  return false;
}

/** Of the version of longattn; another one is as good as none. */
function installed(name: string): string | undefined {
  try {
    const manifest = require(`${name}/package.json`) as { version?: string };
    return manifest.version === version ? require.resolve(`${name}/${TORCH_ADDON}`) : undefined;
  } catch {
    return undefined;
  }
}

async function fromFolder(name: string, options: BringOptions): Promise<string | undefined> {
  const wanted = `${name}@${version}`;
  if (options.from === undefined || tarballIn(options.from, wanted) === undefined) return undefined;
  const folder = path.join(ownCache(), 'prebuilt', wanted.replaceAll('/', '-'));
  await installPackages(folder, [wanted], options);
  const addon = path.join(folder, 'node_modules', name, TORCH_ADDON);
  return existsSync(addon) ? addon : undefined;
}
