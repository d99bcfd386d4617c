import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readLedger } from '../../src/model/range-ledger.js';
import { PartialFile } from '../../src/hub/partial-file.js';
import { faultyFs } from '../support/faulty-fs.js';
import { tempFolder } from '../support/temp-folder.js';
import { COMMIT, noise } from './fake-hub.js';
import { failure, workbench } from './setup.js';
import { testModel } from './sharded-model.js';

const bench = workbench();
const REMOTE = { id: 'org/name', revision: 'main', commit: COMMIT, file: 'model.safetensors' };
const IDENTITY = { etag: 'e', size: 10_000 };

describe('a partial file', () => {
  it('is never there without a ledger, and says what is missing', async () => {
    const file = path.join(tempFolder(), 'a', 'model.safetensors');
    const partial = await PartialFile.create(file, REMOTE, IDENTITY, noise(100));
    expect(partial.missing([[50, 200]])).toEqual([[100, 200]]);
    expect(await readLedger(file)).toEqual({
      version: 1,
      id: 'org/name',
      commit: COMMIT,
      ...IDENTITY,
      complete: [[0, 100]],
    });
    await partial.close();
    expect((await readdir(path.dirname(file))).sort()).toEqual(['model.safetensors', 'model.safetensors.ranges.json']);
  });

  it('that another process has started is joined, never replaced', async () => {
    const file = path.join(tempFolder(), 'model.safetensors');
    const [one, two] = [noise(100), noise(100)];
    const first = await PartialFile.create(file, REMOTE, IDENTITY, one);
    const second = await PartialFile.create(file, REMOTE, IDENTITY, two);
    await first.write(Buffer.from('first'), 200);
    first.enter([200, 205]);
    await second.write(Buffer.from('second'), 300);
    second.enter([300, 306]);
    await Promise.all([first.save(), first.save()]);
    await second.save();
    await Promise.all([first.close(), second.close()]);
    const content = await readFile(file);
    expect(content.subarray(0, 100).equals(one)).toBe(true);
    expect(content.subarray(200, 205).toString() + content.subarray(300, 306).toString()).toBe('firstsecond');
    expect((await readLedger(file))!.complete).toEqual([
      [0, 100],
      [200, 205],
      [300, 306],
    ]);
  });

  it('on a full disk is an error that says so, and no file', async () => {
    const file = path.join(tempFolder(), 'model.safetensors');
    const full = PartialFile.create(file, REMOTE, IDENTITY, noise(100), faultyFs({ fullAfterBytes: 50 }));
    await expect(full).rejects.toEqual(failure('DISK_FULL', file));
    expect(await readdir(path.dirname(file))).not.toContain('model.safetensors');

    const late = await PartialFile.create(file, REMOTE, IDENTITY, noise(100), faultyFs({ fullAfterBytes: 150 }));
    await expect(late.write(noise(100), 200)).rejects.toEqual(failure('DISK_FULL', file));
    await late.close();
  });
});

describe('a cache that cannot be written', () => {
  it.each(['HF_HUB_CACHE', 'LONGATTN_CACHE'])('is named: %s', async (variable) => {
    bench.hub.add('org/name', testModel().files);
    const file = path.join(tempFolder(), 'file');
    await writeFile(file, '');
    await expect(bench.resolve('org/name', { env: { ...bench.env, [variable]: file } })).rejects.toEqual(
      failure('NOT_A_FOLDER', file),
    );
  });
});
