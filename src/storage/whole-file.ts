// A file that is needed whole and is small, such as one text, wherever it lies.
import { readFile } from 'node:fs/promises';
import { dataError } from '../base/errors.js';
import { readError } from '../io/io-error.js';
import { isAddress } from './address.js';
import { statFile, streamFile } from './storages.js';

/** @throws LongattnError of the disk; INPUT_NOT_FOUND, INPUT_ADDRESS, and those of the storage */
export async function wholeFile(path: string): Promise<Buffer> {
  if (!isAddress(path)) {
    return readFile(path).catch((error: unknown) => {
      throw readError(error, path);
    });
  }
  const file = await statFile(path);
  if (!file) throw dataError('INPUT_NOT_FOUND', `${path} is not there. Correct the address.`);
  const chunks: Buffer[] = [];
  for await (const chunk of streamFile(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
