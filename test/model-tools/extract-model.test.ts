import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { extractModel } from '../../src/model-tools/extract-model.js';
import { openModelFolder } from '../../src/model/open-model.js';
import { readSafetensorsHeader } from '../../src/model/safetensors-header.js';
import { COMMIT } from '../hub/fake-hub.js';
import { collectProgress, failure, workbench } from '../hub/setup.js';
import { SHARD_1, SHARD_2, testModel } from '../hub/sharded-model.js';
import { tempFolder } from '../support/temp-folder.js';

const bench = workbench();

async function source(sharded = true): Promise<string> {
  const folder = tempFolder();
  for (const [name, content] of Object.entries({ ...testModel(sharded).files, LICENSE: 'terms', 'notes.txt': 'x' })) {
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

const output = (): string => path.join(tempFolder(), 'a', 'small');

describe('extractModel', () => {
  it.each([
    [[0], true],
    [[1], true],
    [[0, 1], false],
  ])('makes a folder that reads the same at layers %j (sharded: %s)', async (layers, sharded) => {
    const from = await source(sharded);
    const extract = await extractModel(from, { output: output(), layers });
    const [whole, small] = [await openModelFolder(from, { layers }), await openModelFolder(extract.folder, { layers })];
    expect(small.revision).toBe(whole.revision);
    expect(extract.revision).toBe(whole.revision);
    const places = (text: string) => text.replace(/ \d+ \/.*$/gm, ' PLACE');
    expect(places(small.specText)).toBe(places(whole.specText));
    for (const [index, tensor] of whole.tensors.entries()) {
      const copy = small.tensors[index]!;
      expect(copy).toMatchObject({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape });
      expect((await bytesOf(copy)).equals(await bytesOf(tensor))).toBe(true);
    }
  });

  it('takes config, tokenizer and terms along, and nothing else', async () => {
    const from = await source();
    const { folder, bytes, tensors } = await extractModel(from, { output: output() });
    expect((await readdir(folder)).sort()).toEqual(['LICENSE', 'config.json', 'model.safetensors', 'tokenizer.json']);
    expect(await readFile(path.join(folder, 'config.json'))).toEqual(await readFile(path.join(from, 'config.json')));
    expect(tensors).toBe(4);
    expect((await readFile(path.join(folder, 'model.safetensors'))).length).toBe(bytes);
    expect((await readSafetensorsHeader(path.join(folder, 'model.safetensors'))).dataStart % 8).toBe(0);
  });

  it('gives the same bytes every time', async () => {
    const from = await source();
    const [one, two] = [await extractModel(from, { output: output() }), await extractModel(from, { output: output() })];
    expect(two.sha256).toBe(one.sha256);
  });

  it('extracts of an extract, and refuses layers that are not in it', async () => {
    const one = await extractModel(await source(), { output: output() });
    const two = await extractModel(one.folder, { output: output() });
    expect(two.sha256).toBe(one.sha256);
    await expect(extractModel(one.folder, { output: output(), layers: [1] })).rejects.toEqual(
      failure('TENSOR_MISSING'),
    );
  });

  it('works straight from the Hub, and names the commit', async () => {
    bench.hub.add('org/name', testModel().files);
    const { events, onProgress } = collectProgress();
    const { folder } = await extractModel('org/name', { output: output(), env: bench.env }, { onProgress });
    const { metadata } = await readSafetensorsHeader(path.join(folder, 'model.safetensors'));
    expect(Object.fromEntries(metadata)).toMatchObject({ format: 'pt', layers: '0', source: `org/name@${COMMIT}` });
    expect(bench.hub.requestsOf(SHARD_2)).toEqual([]);
    expect(bench.hub.bytesOf(SHARD_1)).toBeLessThan(400_000);
    expect(events.at(-1)).toMatchObject({ type: 'stage-done', stage: 'extract' });
  });

  it('does not replace anything without force', async () => {
    const to = output();
    const from = await source();
    await extractModel(from, { output: to });
    await expect(extractModel(from, { output: to, layers: [1] })).rejects.toEqual(
      failure('OUTPUT_EXISTS', to, '--force'),
    );
    const { tensors } = await extractModel(from, { output: to, layers: [1], force: true });
    expect(tensors).toBeGreaterThan(4);
    expect(await readdir(path.dirname(to))).toEqual(['small']);
  });

  it('does not replace with force what it has not made', async () => {
    const from = await source();
    await expect(extractModel(from, { output: from, force: true })).rejects.toEqual(
      failure('OUTPUT_EXISTS', 'not replaced'),
    );
    const whole = tempFolder();
    for (const [name, content] of Object.entries(testModel(false).files))
      await writeFile(path.join(whole, name), content);
    await expect(extractModel(from, { output: whole, force: true })).rejects.toEqual(failure('OUTPUT_EXISTS', whole));
    const mine = output();
    await extractModel(from, { output: mine });
    await writeFile(path.join(mine, 'thesis.tex'), 'x');
    await expect(extractModel(from, { output: mine, force: true })).rejects.toEqual(failure('OUTPUT_EXISTS', mine));
    const file = path.join(tempFolder(), 'file');
    await writeFile(file, 'x');
    await expect(extractModel(from, { output: file, force: true })).rejects.toEqual(failure('NOT_A_FOLDER', file));
  });

  it('leaves nothing behind when it is stopped or fails', async () => {
    const from = await source();
    const to = output();
    await mkdir(path.dirname(to));
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('stopped by the user'));
    await expect(extractModel(from, { output: to }, { signal: controller.signal, onProgress })).rejects.toThrow(
      'stopped by the user',
    );
    await expect(extractModel(from, { output: to, layers: [2] })).rejects.toEqual(failure('INVALID_OPTION', 'layer'));
    expect(await readdir(path.dirname(to))).toEqual([]);
  });
});

async function bytesOf({ file, offset, bytes }: { file: string; offset: number; bytes: number }): Promise<Buffer> {
  return (await readFile(file)).subarray(offset, offset + bytes);
}
