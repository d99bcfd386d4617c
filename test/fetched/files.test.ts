// The files of the fetched smollm2-135m, and the bundled layer 0 that was cut from them. `npm run test:model` fetches it first.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { KNOWN_MODELS, knownModelFolder } from '../../src/hub/known-models.js';
import { readSettings } from '../../src/hub/settings.js';
import { hashFile } from '../../src/io/hash-file.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { SMOLLM2 } from '../native/models.js';

const smollm2 = KNOWN_MODELS.find(({ name }) => name === 'smollm2-135m')!;
const fetched = knownModelFolder(readSettings(), smollm2.name);

it('has the sums that are written down', async () => {
  for (const [file, sum] of Object.entries(smollm2.files)) expect(await hashFile(path.join(fetched, file))).toBe(sum);
});

it('holds the bundled layer 0, bit for bit', async () => {
  const [whole, layer0] = [await openModelFolder(fetched), await openModelFolder(SMOLLM2)];
  expect(whole.revision).toBe(layer0.revision);
  for (const [index, tensor] of whole.tensors.entries()) {
    const other = layer0.tensors[index]!;
    const bytes = async ({ file, offset, bytes: length }: typeof tensor) =>
      (await readFile(file)).subarray(offset, offset + length);
    expect((await bytes(tensor)).equals(await bytes(other))).toBe(true);
  }
});
