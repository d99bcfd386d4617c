// Files of this machine.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ifExists } from '../io/file-system.js';
import type { ByteRange, OpenFile, Storage, StoredFile } from './storage.js';

const CHUNK = 1 << 20;

export const localStorage: Storage = {
  async stat(path) {
    const found = await ifExists(stat(path));
    return found && { path, bytes: found.size };
  },

  async open({ path }): Promise<OpenFile> {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      return {
        bytes: size,
        read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  },

  async *stream({ path }: StoredFile, range?: ByteRange): AsyncGenerator<Buffer, void, undefined> {
    if (range && range.end <= range.start) return;
    const source = createReadStream(path, {
      highWaterMark: CHUNK,
      ...(range && { start: range.start, end: range.end - 1 }),
    });
    try {
      yield* source as AsyncIterable<Buffer>;
    } finally {
      source.destroy();
    }
  },
};
