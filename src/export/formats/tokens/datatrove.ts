// tokens.ds with its index, as datatrove and nanotron read it (datatrove/utils/dataset.py): uint64 ends of the documents, and a text
// that names the tokenizer, the size of an id and the number of tokens.
import path from 'node:path';
import { writeAtomically, writeTextAtomically } from '../../../io/atomic-file.js';
import type { Sidecar } from './sidecar.js';
import { linkTokens } from './link.js';

export const datatroveFiles: Sidecar = async (file) => {
  const { folder, lengths, bytesPerId, context } = file;
  const ends = new BigUint64Array(lengths.length);
  let total = 0;
  lengths.forEach((length, i) => (ends[i] = BigInt((total += length))));
  const [index, metadata] = ['tokens.ds.index', 'tokens.ds.metadata'];
  return [
    await linkTokens(file, 'tokens.ds'),
    {
      name: index,
      ...(await writeAtomically(
        path.join(folder, index),
        (sink) => sink.write(new Uint8Array(ends.buffer)),
        context.fs,
      )),
    },
    {
      name: metadata,
      ...(await writeTextAtomically(
        path.join(folder, metadata),
        `${context.tokenizer}|${bytesPerId}\n${total}\n${total.toLocaleString('en-US')} tokens`,
        context.fs,
      )),
    },
  ];
};
