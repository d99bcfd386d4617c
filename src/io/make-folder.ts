// Make a folder and those above it.
//
// Not `mkdir` with `recursive`: Node's spins for ever where a file system, such as /proc, answers ENOENT below a folder that exists.
import path from 'node:path';
import { errorCode, ifExists, nodeFileSystem, type FileSystem } from './file-system.js';

/** @throws the error of the file system, as Node gives it */
export async function makeFolder(folder: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  try {
    await fs.mkdir(folder);
  } catch (error) {
    if (await isFolder(folder, fs)) return;
    const parent = path.dirname(path.resolve(folder));
    if (errorCode(error) !== 'ENOENT' || parent === path.resolve(folder)) throw error;
    // The parent may be there now: another process (a shard that starts at the same moment) made it between the two calls.
    if (!(await isFolder(parent, fs))) await makeFolder(parent, fs);
    await fs.mkdir(folder).catch(async (second: unknown) => {
      if (!(await isFolder(folder, fs))) throw second;
    });
  }
}

async function isFolder(folder: string, fs: FileSystem): Promise<boolean> {
  const found = await ifExists(fs.stat(folder)).catch(() => undefined); // the error of mkdir is the one to tell
  return found?.isDirectory() === true;
}
