// Write a file that must not be there yet: of several processes that do so at once exactly one wins, and nobody finds half of it.
import path from 'node:path';
import { syncFolder, writeTextAtomically } from './atomic-file.js';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';
import { temporaryPath } from './temporary.js';

/**
 * @returns false when the file was there first
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, ...
 */
export async function writeExclusively(file: string, text: string, fs: FileSystem = nodeFileSystem): Promise<boolean> {
  const draft = temporaryPath(file);
  try {
    await writeTextAtomically(draft, text, fs);
    await fs.link(draft, file);
    await syncFolder(path.dirname(file), fs);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(errorCode(error) ?? ''))
      throw writeError(error, file);
    // A file system without hard links: the last of several that start together wins, and what they wrote is compared all the same.
    await writeTextAtomically(file, text, fs);
    return true;
  } finally {
    await fs.rm(draft, { force: true });
  }
}
