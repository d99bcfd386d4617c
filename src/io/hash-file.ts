// sha256 of a file, streamed.
import { createHash } from 'node:crypto';
import { nodeFileSystem, type FileSystem } from './file-system.js';
import { readError } from './io-error.js';

const CHUNK_BYTES = 1 << 20;

/** @throws LongattnError FILE_MISSING or READ_FAILED */
export async function hashFile(file: string, fs: FileSystem = nodeFileSystem): Promise<string> {
  try {
    const handle = await fs.open(file, 'r');
    try {
      const hash = createHash('sha256');
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead === 0) return hash.digest('hex');
        hash.update(chunk.subarray(0, bytesRead));
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readError(error, file);
  }
}
