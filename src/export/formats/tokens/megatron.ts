// tokens.idx of Megatron-LM's IndexedDataset (megatron/core/datasets/indexed_dataset.py): where each document lies in tokens.bin.
import path from 'node:path';
import { writeAtomically } from '../../../io/atomic-file.js';
import type { Sidecar } from './sidecar.js';

/** Megatron's numbers of the types: 4 is int32, 8 uint16. */
const TYPE_CODES = { 4: 4, 2: 8 } as const;

/** Layout: magic, u64 version, u8 type, u64 sequences, u64 documents + 1, i32 lengths, i64 byte offsets, i64 first sequence a document. */
export const megatronFiles: Sidecar = async ({ folder, lengths, bytesPerId, context }) => {
  const name = 'tokens.idx';
  const count = lengths.length;
  const header = Buffer.alloc(34);
  header.write('MMIDIDX\0\0', 'latin1');
  header.writeBigUInt64LE(1n, 9);
  header.writeUInt8(TYPE_CODES[bytesPerId], 17);
  header.writeBigUInt64LE(BigInt(count), 18);
  header.writeBigUInt64LE(BigInt(count + 1), 26);
  const offsets = new BigInt64Array(count);
  let at = 0;
  lengths.forEach((length, i) => {
    offsets[i] = BigInt(at);
    at += length * bytesPerId;
  });
  const documents = BigInt64Array.from({ length: count + 1 }, (_, i) => BigInt(i));
  const written = await writeAtomically(
    path.join(folder, name),
    async (sink) => {
      for (const part of [header, Int32Array.from(lengths), offsets, documents])
        await sink.write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    },
    context.fs,
  );
  return [{ name, ...written }];
};
