// A file system that fails as a real one does: a full disk after some bytes, an I/O error, a folder that may not be written.
import type { FileHandle } from 'node:fs/promises';
import { nodeFileSystem, type FileSystem } from '../../src/io/file-system.js';

export interface Faults {
  /** ENOSPC once so many bytes have been written in all. */
  fullAfterBytes?: number;
  /** Error code of any call, by operation: `{ sync: 'EIO' }`. */
  fail?: Partial<Record<'open' | 'rename' | 'sync' | 'mkdir' | 'link' | 'read' | 'readFile', string>>;
  /** Error code of a rename between these paths, if any. */
  failRename?: (from: string, to: string) => string | undefined;
  /** Writes take at most so many bytes at a time. */
  shortWrites?: number;
}

export function systemError(code: string, call: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected, ${call}`), { code, syscall: call });
}

export function faultyFs(faults: Faults): FileSystem {
  let left = faults.fullAfterBytes ?? Infinity;
  const check = (call: keyof NonNullable<Faults['fail']>): void => {
    const code = faults.fail?.[call];
    if (code) throw systemError(code, call);
  };
  const wrap = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        if (name === 'write') {
          return async (bytes: Uint8Array, at: number, length: number) => {
            const count = Math.min(length, faults.shortWrites ?? Infinity, left);
            if (count === 0 && length > 0) throw systemError('ENOSPC', 'write');
            left -= count;
            return target.write(bytes, at, count);
          };
        }
        if (name === 'sync') return async () => (check('sync'), target.sync());
        if (name === 'read') {
          return async (...args: [Uint8Array, number, number, number?]) => (check('read'), target.read(...args));
        }
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  const failing = {
    async open(...args: Parameters<FileSystem['open']>) {
      check('open');
      return wrap(await nodeFileSystem.open(...args));
    },
    async rename(...args: Parameters<FileSystem['rename']>) {
      check('rename');
      const code = faults.failRename?.(String(args[0]), String(args[1]));
      if (code) throw systemError(code, 'rename');
      return nodeFileSystem.rename(...args);
    },
    link: async (...args: Parameters<FileSystem['link']>) => (check('link'), nodeFileSystem.link(...args)),
    mkdir: async (...args: [string, { recursive: true }]) => (check('mkdir'), nodeFileSystem.mkdir(...args)),
    readFile: async (...args: [string, 'utf8']) => (check('readFile'), nodeFileSystem.readFile(...args)),
  };
  return { ...nodeFileSystem, ...failing } as FileSystem;
}
