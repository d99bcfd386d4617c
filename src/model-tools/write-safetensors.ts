// Writes a safetensors file out of tensors of other files: header first, then their bytes, streamed and unchanged.
import { open, type FileHandle } from 'node:fs/promises';
import type { LocatedTensor } from '../model/checkpoint.js';
import { writeAtomically, type Sink, type Written } from '../io/atomic-file.js';
import { readError } from '../io/io-error.js';

const CHUNK_BYTES = 1 << 20;
/** Readers map the data, so it starts at a multiple of every element's size. */
const ALIGNMENT = 8;

/**
 * @param tensors each name once; written in this order
 * @param metadata texts for the header's __metadata__
 * @param onBytes called with the number of data bytes just written
 * @throws LongattnError DISK_FULL, NOT_WRITABLE, READ_FAILED, or the signal's reason
 */
export function writeSafetensors(
  target: string,
  tensors: readonly LocatedTensor[],
  metadata: Readonly<Record<string, string>>,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<Written> {
  return writeAtomically(target, async (sink) => {
    await sink.write(headerBytes(tensors, metadata));
    const files = new Map<string, FileHandle>();
    try {
      for (const tensor of tensors) {
        let file = files.get(tensor.file);
        if (!file) files.set(tensor.file, (file = await openSource(tensor.file)));
        await copyTensor(file, tensor, sink, onBytes, signal);
      }
    } finally {
      for (const file of files.values()) await file.close();
    }
  });
}

function headerBytes(tensors: readonly LocatedTensor[], metadata: Readonly<Record<string, string>>): Buffer {
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  let at = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    entries.push([name, { dtype, shape, data_offsets: [at, at + bytes] }]);
    at += bytes;
  }
  const json = JSON.stringify(Object.fromEntries(entries));
  const bytes = Buffer.byteLength(json);
  const padded = json + ' '.repeat((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(padded)));
  return Buffer.concat([length, Buffer.from(padded)]);
}

async function copyTensor(
  file: FileHandle,
  { file: path, name, offset, bytes }: LocatedTensor,
  sink: Sink,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes));
  for (let at = 0; at < bytes;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, bytes - at), offset + at).catch((error) => {
      throw readError(error, path);
    });
    if (bytesRead === 0) throw readError(new Error(`it ends inside tensor ${name}`), path);
    await sink.write(chunk.subarray(0, bytesRead));
    at += bytesRead;
    onBytes(bytesRead);
  }
}

async function openSource(path: string): Promise<FileHandle> {
  return open(path, 'r').catch((error) => {
    throw readError(error, path);
  });
}
