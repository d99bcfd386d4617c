// Installs packages of npm into a folder of the cache, from the registry that npm is set to or from a folder of tarballs. Nothing of theirs is run.
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { replaceFolder } from '../io/replace-folder.js';
import { runProgram } from '../io/run-program.js';
import type { BringOptions } from './hooks.js';

/**
 * @param packages `name@version`
 * @throws LongattnError SETUP_FAILED where npm fails or the folder lacks a tarball, TOOLS_MISSING without npm, or the signal's reason
 */
export async function installPackages(
  target: string,
  packages: readonly string[],
  { from, signal, onMessage }: Pick<BringOptions, 'from' | 'signal' | 'onMessage'>,
): Promise<void> {
  const specs = from === undefined ? packages : packages.map((one) => tarballIn(from, one) ?? missing(from, one));
  onMessage?.(`installing ${packages.join(' and ')}`);
  await replaceFolder(target, async (draft) => {
    await writeFile(path.join(draft, 'package.json'), '{ "private": true }\n');
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    const args = ['install', `--prefix=${draft}`, ...options, ...(from === undefined ? [] : ['--offline']), ...specs];
    const { code, said } = await runProgram('npm', args, { signal, onMessage }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw environmentError(
        'TOOLS_MISSING',
        'npm is not on the PATH. It comes with Node.js: https://nodejs.org.',
        error,
      );
    });
    if (code !== 0) throw environmentError('SETUP_FAILED', `npm could not install ${packages.join(' and ')}: ${said}`);
  });
}

/** As `npm pack` names it; undefined: the folder has none. */
export function tarballIn(folder: string, one: string): string | undefined {
  const at = one.lastIndexOf('@');
  const name = `${one.slice(0, at).replace(/^@/, '').replaceAll('/', '-')}-${one.slice(at + 1)}.tgz`;
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch (error) {
    throw environmentError('SETUP_FAILED', `--from ${folder} cannot be read: ${(error as Error).message}`, error);
  }
  return files.includes(name) ? path.resolve(folder, name) : undefined;
}

function missing(folder: string, one: string): never {
  throw environmentError(
    'SETUP_FAILED',
    `${folder} has no tarball of ${one}. Run \`npm pack ${one}\` in it where there is a network.`,
  );
}
