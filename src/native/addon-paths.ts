// Where the addons lie. A clone has built its own, and what was built here comes before what was made for everybody.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentHalf } from './set-up-half.js';

const require = createRequire(import.meta.url);

/** The package of this platform's prebuilt core. */
export const PLATFORM_PACKAGE = `@longattn/${process.platform}-${process.arch}`;

/** File name of the torch half. */
export const TORCH_ADDON = 'longattn-torch.node';

/** `LONGATTN_ADDON`, else build/Release/longattn.node in the package's folder, else that of the platform's package. */
export function addonPath(): string {
  if (process.env['LONGATTN_ADDON']) return process.env['LONGATTN_ADDON'];
  const built = builtPath('longattn.node');
  return existsSync(built) ? built : (prebuiltPath() ?? built);
}

/** The core in the platform's package; undefined: it is not installed. */
export function prebuiltPath(): string | undefined {
  try {
    return require.resolve(`${PLATFORM_PACKAGE}/longattn.node`);
  } catch {
    return undefined;
  }
}

/** The version of glibc that the platform's package was built for, such as `2.28`; undefined: it does not say. */
export function prebuiltGlibc(): string | undefined {
  const { longattn } = require(`${PLATFORM_PACKAGE}/package.json`) as { longattn?: { glibc?: string } };
  return longattn?.glibc;
}

/** `LONGATTN_TORCH_ADDON`, else build/Release/longattn-torch.node in the package's folder, else what `longattn setup` has brought. */
export function torchAddonPath(): string {
  if (process.env['LONGATTN_TORCH_ADDON']) return process.env['LONGATTN_TORCH_ADDON'];
  const built = builtPath(TORCH_ADDON);
  const half = existsSync(built) ? undefined : currentHalf();
  return half === undefined ? built : join(half, TORCH_ADDON);
}

/** The folder of this package: of a clone, or in node_modules. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // src/native and dist/native lie at the same depth, but a bundler may have moved this file.
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function builtPath(name: string): string {
  return join(packageFolder(), 'build', 'Release', name);
}
