// Make a file or a link under another name, then move it over its own: nobody finds half of it. For what is copied or linked; bytes
// that are written go through src/io/atomic-file.ts, which also hashes and syncs them.
import { nodeFileSystem, type FileSystem } from './file-system.js';
import { writeError } from './io-error.js';
import { temporaryPath } from './temporary.js';

/**
 * @param make makes the file or link at the path that it is given, in the folder of `target`
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, ...: then `target` stays as it was
 */
export async function placeFile(
  target: string,
  make: (draft: string) => Promise<void>,
  fs: FileSystem = nodeFileSystem,
): Promise<void> {
  const draft = temporaryPath(target);
  try {
    await make(draft);
    await fs.rename(draft, target);
  } catch (error) {
    throw writeError(error, target);
  } finally {
    await fs.rm(draft, { force: true }).catch(() => undefined); // the first error is the one to tell
  }
}
