import { describe, expect, it } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { resolveTokenizer } from '../../src/hub/resolve-tokenizer.js';
import { tempFolder } from '../support/temp-folder.js';
import { COMMIT } from './fake-hub.js';
import { failure, workbench } from './setup.js';
import { testModel } from './sharded-model.js';

const bench = workbench();
const NEXT = 'f'.repeat(40);
const CONFIG = { 'tokenizer_config.json': '{}' };

const resolve = (text: string, env: NodeJS.ProcessEnv = {}) =>
  resolveTokenizer(text, { env: { ...bench.env, ...env }, sleep: () => Promise.resolve() });
const snapshot = (commit = COMMIT) => path.join(bench.hfCache, 'models--org--name', 'snapshots', commit);

describe('a tokenizer', () => {
  it('of a file or a folder is that, without the network', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'tokenizer.json');
    await writeFile(file, '{}');
    for (const place of [folder, file]) await expect(resolve(place)).resolves.toEqual({ place });
    expect(bench.hub.served).toEqual([]);
  });

  it('of a model on the Hub is fetched without anything else of the model', async () => {
    bench.hub.add('org/name', { ...testModel().files, ...CONFIG });
    await expect(resolve('org/name')).resolves.toEqual({ place: snapshot(), id: 'org/name', commit: COMMIT });
    const asked = bench.hub.served.map(({ path: url }) => url.split('/').pop());
    expect(asked).toEqual(['main', 'tokenizer.json', 'tokenizer_config.json']);
  });

  it("may be Mistral's tekken.json, where there is no tokenizer.json", async () => {
    bench.hub.add('org/name', { 'tekken.json': '{}', 'tokenizer.model': 'x' });
    for (const env of [{}, { HF_HUB_OFFLINE: '1' }]) await resolve('org/name', env);
    expect(bench.hub.served.map(({ path: url }) => url.split('/').pop())).toEqual(['main', 'tekken.json']);
    bench.hub.add('org/both', { 'tekken.json': '{}', 'tokenizer.json': '{}' });
    await resolve('org/both');
    expect(bench.hub.served.at(-1)!.path).toMatch(/tokenizer\.json$/);
  });

  it("may be a table of tiktoken's", async () => {
    bench.hub.add('org/name', { 'tiktoken.model': 'eA== 0', ...CONFIG });
    await resolve('org/name');
    const asked = bench.hub.served.map(({ path: url }) => url.split('/').pop());
    expect(asked).toEqual(['main', 'tiktoken.model', 'tokenizer_config.json']);
  });

  it('needs no weights in its repository', async () => {
    bench.hub.add('org/name', { 'tokenizer.json': '{}' });
    await expect(resolve('org/name')).resolves.toMatchObject({ commit: COMMIT });
  });

  it('that is in the cache is used as it is, when its branch has moved and without a network', async () => {
    const repo = bench.hub.add('org/name', { 'tokenizer.json': '{}' });
    await resolve('org/name');
    repo.revisions['main'] = NEXT;
    bench.hub.served.length = 0;
    for (const env of [{}, { HF_HUB_OFFLINE: '1' }]) {
      await expect(resolve('org/name', env)).resolves.toMatchObject({ place: snapshot(), commit: COMMIT });
    }
    expect(bench.hub.served).toEqual([]);
  });

  it('without a word on its tokenizer_config.json is asked for again, and used where the Hub cannot be reached', async () => {
    bench.hub.add('org/name', { 'tokenizer.json': '{}', ...CONFIG });
    await resolve('org/name');
    await rm(path.join(snapshot(), 'tokenizer_config.json'));
    bench.hub.fault = () => ({ cutAfter: 0 });
    await expect(resolve('org/name')).resolves.toMatchObject({ place: snapshot() });
    bench.hub.fault = () => undefined;
    bench.hub.served.length = 0;
    await resolve('org/name');
    expect(bench.hub.served.at(-1)!.path).toMatch(/tokenizer_config\.json$/);
  });

  it.each([
    ['a path that is not there', './nothing', 'TOKENIZER_MISSING', ['no file or folder "./nothing"', 'org/name']],
    ['a word that is no model', 'nothing', 'TOKENIZER_MISSING', ['"nothing"', 'taken for a model on the Hub']],
    ['a model that is not there', 'org/other', 'HUB_MODEL_NOT_FOUND', ['org/other']],
    ['a model with another kind', 'org/spm', 'TOKENIZER_MISSING', ['"tokenizer.model"', 'save_pretrained']],
    ['a model with none', 'org/none', 'TOKENIZER_MISSING', ['org/none has no tokenizer.json']],
  ])('%s is refused', async (_, text, code, parts) => {
    bench.hub.add('org/spm', { 'tokenizer.model': 'x' });
    bench.hub.add('org/none', { 'config.json': '{}' });
    await expect(resolve(text)).rejects.toEqual(failure(code, ...parts));
  });

  it('that is not in the cache is an error offline', async () => {
    await expect(resolve('org/name', { HF_HUB_OFFLINE: '1' })).rejects.toEqual(
      failure('HUB_OFFLINE', 'org/name@main', bench.hfCache),
    );
    expect(bench.hub.served).toEqual([]);
  });
});
