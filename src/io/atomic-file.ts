// Write a file so that its final name only ever shows the whole of it: temporary name, fsync, rename, fsync of the folder.
//
// Two processes that write the same target do no harm: each has its own temporary file, and the bytes are the same.
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.js';
import { FileSink, type Sink, type Written } from './file-sink.js';
import { writeError } from './io-error.js';
import { temporaryPath } from './temporary.js';

export type { Sink, Written } from './file-sink.js';

/**
 * @param fill writes the content; when it throws, the temporary file is removed and `target` stays as it was
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, NOT_A_FOLDER or WRITE_FAILED; whatever `fill` throws
 */
export async function writeAtomically(
  target: string,
  fill: (sink: Sink) => Promise<void>,
  fs: FileSystem = nodeFileSystem,
): Promise<Written> {
  const temporary = temporaryPath(target);
  const sink = await FileSink.create(temporary, target, fs);
  let written: Written;
  try {
    await fill(sink);
    written = await sink.finish();
  } catch (error) {
    await sink.abandon();
    await remove(temporary, fs);
    throw error;
  }
  try {
    await fs.rename(temporary, target);
    await syncFolder(path.dirname(target), fs);
    return written;
  } catch (error) {
    await remove(temporary, fs);
    throw writeError(error, target);
  }
}

/** The error that came first is the one to tell. */
async function remove(file: string, fs: FileSystem): Promise<void> {
  await fs.rm(file, { force: true }).catch(() => undefined);
}

/** `writeAtomically` for content that is at hand. */
export function writeTextAtomically(target: string, text: string, fs: FileSystem = nodeFileSystem): Promise<Written> {
  return writeAtomically(target, (sink) => sink.write(Buffer.from(text, 'utf8')), fs);
}

/** Make a rename in `folder` survive a power cut. Systems that cannot sync a folder (Windows, some network mounts) are let off. */
export async function syncFolder(folder: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await fs.open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}
