// Packages that are loaded for one scheme only: optional, so that who reads local files does not install them.
import { environmentError } from '../base/errors.js';

/**
 * @param what needs them, as a message begins
 * @param load imports `packages[0]`
 * @throws LongattnError STORAGE_PACKAGE_MISSING, which names the command that installs it
 */
export async function optionalPackage<T>(
  what: string,
  packages: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw environmentError(
      'STORAGE_PACKAGE_MISSING',
      `${what} needs ${packages.join(' and ')}, which ${packages.length > 1 ? 'are' : 'is'} not installed. ` +
        `Install beside longattn: npm install ${packages.join(' ')}`,
      error,
    );
  }
}
