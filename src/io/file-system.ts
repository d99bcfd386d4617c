// The few file operations that a run directory needs, as an interface: tests make any of them fail (full disk, I/O error).
import * as promises from 'node:fs/promises';

export type FileSystem = Pick<
  typeof promises,
  'open' | 'rename' | 'link' | 'rm' | 'stat' | 'readdir' | 'readFile' | 'mkdir' | 'rmdir'
>;

export const nodeFileSystem: FileSystem = promises;

/** The `code` of a Node system error (`ENOSPC`, ...), or undefined. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What `action` returns, or undefined where the file or folder does not exist. */
export async function ifExists<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
