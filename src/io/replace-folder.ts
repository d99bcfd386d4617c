// Put a finished folder in the place of an older one, so that a reader finds the old or the new one, whole.
import path from 'node:path';
import { environmentError } from '../base/errors.js';
import { syncFolder } from './atomic-file.js';
import { ifExists, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';
import { temporaryPath } from './temporary.js';
import { makeFolder } from './make-folder.js';

/** The file that every export has: what a folder without it holds is the user's, and stays. */
export const EXPORT_RECORD = 'longattn.json';

/**
 * @param fill writes the files into the folder that it is given
 * @throws LongattnError FOLDER_IN_USE, DISK_FULL, NOT_WRITABLE, ...; whatever `fill` throws: then the old folder stays as it was
 */
export async function replaceFolder<T>(
  target: string,
  fill: (folder: string) => Promise<T>,
  fs: FileSystem,
): Promise<T> {
  await requireOurs(target, fs);
  const draft = temporaryPath(target);
  const old = temporaryPath(target);
  try {
    await makeFolder(draft, fs);
    const result = await fill(draft);
    await syncFolder(draft, fs);
    const replaced = await ifExists(fs.rename(target, old).then(() => true));
    await fs.rename(draft, target);
    await syncFolder(path.dirname(target), fs);
    if (replaced) await fs.rm(old, { recursive: true, force: true });
    return result;
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true }).catch(() => undefined); // the first error is the one to tell
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : writeError(error, target);
  }
}

async function requireOurs(target: string, fs: FileSystem): Promise<void> {
  const names = await ifExists(fs.readdir(target)).catch((error: unknown) => {
    throw writeError(error, target);
  });
  if (!names || names.length === 0 || names.includes(EXPORT_RECORD)) return;
  throw environmentError(
    'FOLDER_IN_USE',
    `${target} holds files that longattn did not write (${names.slice(0, 3).join(', ')}). Move them, or choose another output.`,
  );
}
