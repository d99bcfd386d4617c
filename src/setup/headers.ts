// The headers that an addon is compiled with: of a clone's own modules, else installed once into the user's cache, in exact versions.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ownCache } from '../base/user-cache.js';
import { packageFolder } from '../native/addon-paths.js';
import { installPackages } from './install-packages.js';
import type { BringOptions } from './hooks.js';

/** Each with the folder of its headers. */
const PACKAGES = { 'node-addon-api': '.', 'node-api-headers': 'include' };

/** @throws LongattnError SETUP_FAILED, or the signal's reason */
export async function headerFolders(options: BringOptions): Promise<string[]> {
  const own = packageFolder();
  const all = (folder: string): string[] =>
    Object.entries(PACKAGES).map(([name, inner]) => path.join(folder, 'node_modules', name, inner));
  if (all(own).every((folder) => existsSync(folder))) return all(own);
  const { devDependencies } = JSON.parse(readFileSync(path.join(own, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const wanted = Object.keys(PACKAGES).map((name) => `${name}@${devDependencies[name]}`);
  const folder = path.join(ownCache(), 'headers', wanted.join('-').replaceAll('@', '-'));
  if (!all(folder).every((one) => existsSync(one))) await installPackages(folder, wanted, options);
  return all(folder);
}
