// Is a folder that is about to be replaced one that longattn wrote? What is not is the user's, and stays.
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { ifExists, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';

/**
 * @param mark a file that every folder of this kind has
 * @throws LongattnError FOLDER_IN_USE, NOT_A_FOLDER
 */
export async function requireOurFolder(target: string, mark: string, fs: FileSystem): Promise<void> {
  const names = await ifExists(fs.readdir(target)).catch((error: unknown) => {
    throw writeError(error, target);
  });
  if (!names || names.length === 0 || names.includes(mark)) return;
  throw environmentError(
    'FOLDER_IN_USE',
    `${path.normalize(target)} holds files that longattn did not write (${names.slice(0, 3).join(', ')}). Move them, or choose another output.`,
  );
}
