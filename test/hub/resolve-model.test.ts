import { mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeModelFolder, openModelFolder } from '../../src/model/open-model.js';
import { tempFolder } from '../support/temp-folder.js';
import { COMMIT, type FakeRepo } from './fake-hub.js';
import { collectProgress, failure, workbench } from './setup.js';
import { SHARD_1, SHARD_2, testModel } from './sharded-model.js';

const bench = workbench();
const HEADER_REQUEST = 64 * 1024;

async function localCopy(files: Record<string, Buffer>): Promise<string> {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return folder;
}

/** Put files into the cache as Python would. */
async function cacheAsPython(repo: FakeRepo, names: string[]): Promise<string> {
  const folder = path.join(bench.hfCache, 'models--org--name');
  const snapshot = path.join(folder, 'snapshots', repo.commit);
  for (const part of ['refs', 'blobs', `snapshots/${repo.commit}`])
    await mkdir(path.join(folder, part), { recursive: true });
  await writeFile(path.join(folder, 'refs', 'main'), repo.commit);
  for (const [index, name] of names.entries()) {
    await writeFile(path.join(folder, 'blobs', `blob${index}`), repo.files.get(name)!);
    await symlink(`../../blobs/blob${index}`, path.join(snapshot, name));
  }
  return snapshot;
}

describe('a folder', () => {
  it('is used as it is, without the network', async () => {
    const folder = tempFolder();
    await expect(bench.resolve(folder, { env: { HF_HUB_OFFLINE: '1' } })).resolves.toEqual({
      folder,
      source: 'folder',
    });
  });

  it('wins over a model of the same name', async () => {
    const before = process.cwd();
    process.chdir(tempFolder());
    try {
      await mkdir('org/name', { recursive: true });
      expect((await bench.resolve('org/name')).source).toBe('folder');
    } finally {
      process.chdir(before);
    }
    expect(bench.hub.served).toEqual([]);
  });

  it.each([
    '/no/such/folder',
    './model',
    '../org/name',
    'a/b/c',
    'https://example.org/org/name',
    'https://huggingface.co/a/b/c',
    'org/..',
    'org/na me',
    'org/-x',
    '@main',
    '',
  ])('that is missing and no name of a model is an error: %j', async (name) => {
    await expect(bench.resolve(name)).rejects.toEqual(failure('MODEL_NOT_FOUND', 'no folder', 'org/name@revision'));
    expect(bench.hub.served).toEqual([]);
  });
});

describe('a model on the Hub', () => {
  it('reads of a sharded model only the tensors of layer 0', async () => {
    const model = testModel();
    bench.hub.add('org/name', model.files);
    const found = await bench.resolve('org/name');
    expect(found).toMatchObject({ source: 'hub', id: 'org/name', commit: COMMIT });

    const [, normEnd] = model.range(SHARD_1, 'model.layers.0.input_layernorm.weight');
    const [keyStart] = model.range(SHARD_1, 'model.layers.0.self_attn.k_proj.weight');
    const [, queryEnd] = model.range(SHARD_1, 'model.layers.0.self_attn.q_proj.weight');
    expect(bench.hub.bytesOf(SHARD_1)).toBe(normEnd + (queryEnd - keyStart));
    expect(bench.hub.requestsOf(SHARD_2)).toEqual([]);
    const cdn = bench.hub.served.filter(({ server }) => server === 'cdn').map(({ range }) => range);
    expect(cdn.sort()).toEqual(
      [
        `bytes=0-${HEADER_REQUEST - 1}`,
        `bytes=${HEADER_REQUEST}-${normEnd - 1}`,
        `bytes=${keyStart}-${queryEnd - 1}`,
      ].sort(),
    );
  });

  it.each([true, false])('opens like the folder that it was made from (sharded: %s)', async (sharded) => {
    const model = testModel(sharded);
    bench.hub.add('org/name', model.files);
    const { folder } = await bench.resolve('org/name');
    const whole = await openModelFolder(await localCopy(model.files));
    const part = await openModelFolder(folder);
    expect({ ...part, path: '', specText: '', tensors: [] }).toEqual({ ...whole, path: '', specText: '', tensors: [] });
    expect(part.specText.replaceAll(folder, whole.path)).toBe(whole.specText);
    for (const { file, offset, bytes } of part.tensors) {
      const content = model.files[path.basename(file)]!;
      const local = await readFile(file);
      expect(local.length).toBe(content.length);
      expect(local.subarray(offset, offset + bytes).equals(content.subarray(offset, offset + bytes))).toBe(true);
    }
  });

  it('leaves holes where nothing was asked for', async () => {
    const model = testModel();
    bench.hub.add('org/name', model.files);
    const { folder } = await bench.resolve('org/name');
    const { blocks, size } = await stat(path.join(folder, SHARD_1));
    expect(size).toBe(model.files[SHARD_1]!.length);
    expect(blocks * 512).toBeLessThan(size - 300_000);
  });

  it('fetches for another layer only what is missing', async () => {
    const model = testModel();
    bench.hub.add('org/name', model.files);
    await bench.resolve('org/name');
    const before = bench.hub.bytesOf(SHARD_1);
    const { folder } = await bench.resolve('org/name', { layers: [1] });
    expect(bench.hub.bytesOf(SHARD_1)).toBe(model.files[SHARD_1]!.length);
    expect(bench.hub.bytesOf(SHARD_1)).toBeGreaterThan(before);
    expect(bench.hub.bytesOf(SHARD_2)).toBeLessThan(500_000);
    const whole = await openModelFolder(await localCopy(model.files), { layers: [1] });
    expect((await openModelFolder(folder, { layers: [1] })).revision).toBe(whole.revision);
  });

  it('is used from the cache the second time, also when the branch has moved on', async () => {
    const repo = bench.hub.add('org/name', testModel().files);
    const one = await bench.resolve('org/name');
    repo.revisions['main'] = 'f'.repeat(40);
    bench.hub.served.length = 0;
    for (const env of [bench.env, { ...bench.env, HF_HUB_OFFLINE: '1' }]) {
      expect(await bench.resolve('org/name', { env })).toEqual({ ...one, source: 'cache' });
    }
    expect(bench.hub.served).toEqual([]);
  });

  it('refuses to open what was not downloaded, instead of reading zeros', async () => {
    bench.hub.add('org/name', testModel(false).files);
    const { folder } = await bench.resolve('org/name');
    await expect(openModelFolder(folder, { layers: [1] })).rejects.toEqual(
      failure('MODEL_INCOMPLETE', 'model.safetensors', `org/name@${COMMIT}`),
    );
  });

  it('can be described by its headers alone', async () => {
    const model = testModel();
    bench.hub.add('org/name', model.files);
    const { folder } = await bench.resolve('org/name', { headersOnly: true });
    expect(bench.hub.bytesOf(SHARD_1)).toBe(HEADER_REQUEST);
    expect(await describeModelFolder(folder)).toMatchObject({ architecture: 'llama', heads: 2, layerCount: 2 });
    await expect(openModelFolder(folder)).rejects.toEqual(failure('MODEL_INCOMPLETE'));
  });

  it('is pinned to one commit, named by branch, tag, pull request or commit', async () => {
    const commits = { v1: 'a'.repeat(40), 'refs/pr/1': 'b'.repeat(40) };
    const repo = bench.hub.add('org/name', testModel().files);
    for (const [revision, commit] of Object.entries(commits)) {
      Object.assign(repo, { commit, revisions: { [revision]: commit } });
      expect(await bench.resolve(`org/name@${revision}`)).toMatchObject({ commit });
      expect(await bench.resolve('org/name', { revision, env: { ...bench.env, HF_HUB_OFFLINE: '1' } })).toMatchObject({
        commit,
      });
    }
    Object.assign(repo, { commit: COMMIT, revisions: {} });
    expect(await bench.resolve(`org/name@${COMMIT}`)).toMatchObject({ commit: COMMIT });
    await expect(
      readFile(path.join(bench.hfCache, 'models--org--name', 'refs', 'refs', 'pr', '1'), 'utf8'),
    ).resolves.toBe(commits['refs/pr/1']);
  });

  it('reports bytes, up to the total', async () => {
    bench.hub.add('org/name', testModel().files);
    const { events, onProgress } = collectProgress();
    await bench.resolve('org/name', {}, { onProgress });
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    expect(progress[0]).toMatchObject({ stage: 'download', unit: 'bytes', completed: 0 });
    expect(progress.at(-1)!.completed).toBe(progress.at(-1)!.total);
    expect(events.at(-1)).toEqual({ type: 'stage-done', stage: 'download', counts: { bytes: progress[0]!.total } });
  });

  it('without tokenizer.json is noted as such, and not asked for again', async () => {
    const { 'tokenizer.json': _, ...files } = testModel().files;
    bench.hub.add('org/name', files);
    await bench.resolve('org/name');
    bench.hub.served.length = 0;
    expect((await bench.resolve('org/name')).source).toBe('cache');
    expect(bench.hub.served).toEqual([]);
  });
});

describe('other ways to name a model', () => {
  it.each([
    'https://huggingface.co/org/name',
    'https://huggingface.co/org/name/',
    'https://huggingface.co/org/name/tree/main',
    'https://huggingface.co/org/name/blob/main/config.json?download=true',
    'https://hf.co/org/name#usage',
  ])('%s is its page', async (address) => {
    bench.hub.add('org/name', testModel().files);
    expect(await bench.resolve(address)).toMatchObject({ source: 'hub', id: 'org/name', commit: COMMIT });
  });

  it('is the page of the Hub that HF_ENDPOINT names, with its revision', async () => {
    const repo = bench.hub.add('org/name', testModel().files);
    repo.revisions['v1'] = COMMIT;
    const { id } = await bench.resolve(`${bench.hub.endpoint}/org/name/tree/v1`);
    expect(id).toBe('org/name');
    expect(bench.hub.served[0]!.path).toContain('/revision/v1');
  });

  it('is one word for the oldest models', async () => {
    bench.hub.add('gpt2', testModel().files);
    const { folder, id } = await bench.resolve('gpt2');
    expect(id).toBe('gpt2');
    expect(folder).toContain('models--gpt2');
    await openModelFolder(folder);
    expect((await bench.resolve('gpt2', { env: { ...bench.env, HF_HUB_OFFLINE: '1' } })).source).toBe('cache');
  });

  it('and one word that is neither a folder nor a model says both', async () => {
    await expect(bench.resolve('one')).rejects.toEqual(
      failure('MODEL_NOT_FOUND', 'no folder "one"', 'taken for', 'one'),
    );
  });
});

describe("Python's cache", () => {
  it('that cannot be written serves what it has: notes on revisions and missing files are left out', async () => {
    const { 'tokenizer.json': _, ...files } = testModel().files;
    const repo = bench.hub.add('org/name', files);
    const snapshot = await cacheAsPython(repo, ['config.json', 'model.safetensors.index.json']);
    const folder = path.join(bench.hfCache, 'models--org--name');
    await rm(path.join(folder, 'refs'), { recursive: true });
    // Root may write anywhere, so files stand where folders would have to be made.
    for (const name of ['refs', '.no_exist']) await writeFile(path.join(folder, name), '');
    const found = await bench.resolve('org/name');
    expect(found.source).toBe('hub');
    await openModelFolder(found.folder);
    expect((await stat(snapshot)).isDirectory()).toBe(true);
  });

  it('is filled in the same layout', async () => {
    const model = testModel();
    bench.hub.add('org/name', model.files);
    await bench.resolve('org/name');
    const folder = path.join(bench.hfCache, 'models--org--name');
    expect(await readFile(path.join(folder, 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const config = path.join(folder, 'snapshots', COMMIT, 'config.json');
    expect(await readlink(config)).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(await readFile(config)).toEqual(model.files['config.json']);
    expect((await stat(path.join(folder, '.no_exist', COMMIT, 'tokenizer_config.json'))).size).toBe(0);
    await expect(stat(path.join(folder, 'snapshots', COMMIT, SHARD_1))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('holds plain files with HF_HUB_DISABLE_SYMLINKS', async () => {
    bench.hub.add('org/name', testModel().files);
    await bench.resolve('org/name', { env: { ...bench.env, HF_HUB_DISABLE_SYMLINKS: '1' } });
    const config = path.join(bench.hfCache, 'models--org--name', 'snapshots', COMMIT, 'config.json');
    await expect(readlink(config)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('is used where Python has put the whole model', async () => {
    const repo = bench.hub.add('org/name', testModel().files);
    const snapshot = await cacheAsPython(repo, [...repo.files.keys()]);
    expect(await bench.resolve('org/name')).toEqual({
      folder: snapshot,
      source: 'cache',
      id: 'org/name',
      commit: COMMIT,
    });
    expect(bench.hub.served).toEqual([]);
  });

  it('lends the shards that it has; only the others are downloaded', async () => {
    const repo = bench.hub.add('org/name', testModel().files);
    await cacheAsPython(repo, ['config.json', 'tokenizer.json', 'model.safetensors.index.json', SHARD_1]);
    const { folder, source } = await bench.resolve('org/name', { layers: [1] });
    expect(source).toBe('hub');
    expect(bench.hub.requestsOf(SHARD_1)).toEqual([]);
    await openModelFolder(folder, { layers: [1] });
    await rm(bench.hfCache, { recursive: true });
    await expect(openModelFolder(folder, { layers: [1] })).rejects.toMatchObject({ code: 'MODEL_FILE_UNREADABLE' });
    await bench.resolve('org/name', { layers: [1] });
    await openModelFolder(folder, { layers: [1] });
  });

  it('without a word on tokenizer.json is enough when the Hub cannot be reached', async () => {
    const repo = bench.hub.add('org/name', testModel().files);
    const snapshot = await cacheAsPython(repo, ['config.json', 'model.safetensors.index.json', SHARD_1]);
    bench.hub.fault = () => ({ cutAfter: 0 });
    expect(await bench.resolve('org/name')).toMatchObject({ folder: snapshot, source: 'cache' });
    bench.hub.fault = () => undefined;
    await bench.resolve('org/name');
    expect(await readFile(path.join(snapshot, 'tokenizer.json'))).toEqual(repo.files.get('tokenizer.json'));
  });

  it('is where the environment says', async () => {
    bench.hub.add('org/name', testModel().files);
    const home = tempFolder();
    for (const [variable, value, where] of [
      ['HF_HOME', '~/a', 'a/hub'],
      ['HF_HUB_CACHE', '$HOME/b', 'b'],
      ['XDG_CACHE_HOME', path.join(home, 'c'), 'c/huggingface/hub'],
    ] as const) {
      await bench.resolve('org/name', { env: { HF_ENDPOINT: bench.hub.endpoint, HOME: home, [variable]: value } });
      expect((await stat(path.join(home, where, 'models--org--name'))).isDirectory()).toBe(true);
    }
    await bench.resolve('org/name', { env: { ...bench.env, LONGATTN_CACHE: path.join(home, 'own') } });
    expect((await stat(path.join(home, 'own', 'hub', 'models--org--name', COMMIT))).isDirectory()).toBe(true);
  });

  it('offline without the model is an error that says so', async () => {
    bench.hub.add('org/name', testModel().files);
    for (const variable of ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE']) {
      await expect(bench.resolve('org/name', { env: { ...bench.env, [variable]: 'yes' } })).rejects.toEqual(
        failure('HUB_OFFLINE', 'org/name@main', 'HF_HUB_OFFLINE', bench.hfCache),
      );
    }
    expect(bench.hub.served).toEqual([]);
  });
});
