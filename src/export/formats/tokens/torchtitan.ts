// document_offsets.npy, as TorchTitan's example of a pretokenised data set reads it beside tokens.bin: int64, first token of each
// document, and the end.
import path from 'node:path';
import { writeAtomically } from '../../../io/atomic-file.js';
import type { Sidecar } from './sidecar.js';

export const torchtitanFiles: Sidecar = async ({ folder, lengths, context }) => {
  const name = 'document_offsets.npy';
  const offsets = new BigInt64Array(lengths.length + 1);
  lengths.forEach((length, i) => (offsets[i + 1] = offsets[i]! + BigInt(length)));
  const written = await writeAtomically(
    path.join(folder, name),
    async (sink) => {
      await sink.write(npyHeader(offsets.length));
      await sink.write(new Uint8Array(offsets.buffer));
    },
    context.fs,
  );
  return [{ name, ...written }];
};

/** Of numpy's format 1.0: magic, version, length of a dictionary that is padded so that the data begins at a multiple of 64. */
function npyHeader(length: number): Buffer {
  const dictionary = `{'descr': '<i8', 'fortran_order': False, 'shape': (${length},), }`;
  const padded = `${dictionary.padEnd(Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\0\0', 'latin1');
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded, 'latin1')]);
}
