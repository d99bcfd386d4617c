// Put a finished folder in the place of an older one, so that a reader finds the old or the new one, whole.
//
// A rename cannot replace a folder that is not empty, so the old one steps aside for the moment between two renames. Where the second
// fails it steps back; where the process dies between them, the next sweep puts it back (src/io/temporary.ts): it is never the only
// copy of something that a sweep removes.
import path from 'node:path';
import { syncFolder } from './atomic-file.js';
import { ifExists, nodeFileSystem, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';
import { makeFolder } from './make-folder.js';
import { asidePath, sweepTemporaries, temporaryPath } from './temporary.js';

/**
 * What stands at `target` is replaced, whoever made it: ask before.
 * @param fill writes the files into the folder that it is given
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, ...; whatever `fill` throws: then the old folder stays as it was
 */
export async function replaceFolder<T>(
  target: string,
  fill: (folder: string) => Promise<T>,
  fs: FileSystem = nodeFileSystem,
): Promise<T> {
  const draft = temporaryPath(target);
  try {
    await makeFolder(draft, fs);
    await sweepTemporaries(path.dirname(target), fs);
    const result = await fill(draft);
    await syncFolder(draft, fs);
    await swap(draft, target, fs);
    return result;
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true }).catch(() => undefined); // the first error is the one to tell
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : writeError(error, target);
  }
}

async function swap(draft: string, target: string, fs: FileSystem): Promise<void> {
  const old = asidePath(target);
  const steppedAside = await ifExists(fs.rename(target, old).then(() => true));
  try {
    await fs.rename(draft, target);
  } catch (error) {
    if (steppedAside) await fs.rename(old, target);
    throw error;
  }
  await syncFolder(path.dirname(target), fs);
  if (steppedAside) await fs.rm(old, { recursive: true, force: true });
}
