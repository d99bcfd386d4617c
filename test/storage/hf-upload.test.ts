import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HubClient } from '../../src/hub/http-client.js';
import { readSettings } from '../../src/hub/settings.js';
import { Token } from '../../src/hub/token.js';
import { HfStorage } from '../../src/storage/hf.js';
import { uploadFolder, type FolderUploaded } from '../../src/storage/upload-folder.js';
import { FakeHub, first, fromCdn, noise, type FakeRepo } from '../hub/fake-hub.js';
import { tempFolder } from '../support/temp-folder.js';

const CONTENTS: Record<string, Buffer> = {
  'a b.parquet': noise(300_007),
  'data/c.parquet': noise(100_000),
  'longattn.json': Buffer.from('{"format":"parquet"}'),
  'README.md': Buffer.from('card'),
};
const NAMES = Object.keys(CONTENTS);
const LARGE = 400_007;
const BYTES = Object.values(CONTENTS).reduce((sum, { length }) => sum + length, 0);

let hub: FakeHub;
let repo: FakeRepo;
let temp: string;
let folder: string;

beforeEach(async () => {
  hub = await new FakeHub().start();
  repo = hub.add('datasets/org/name', { '.gitattributes': '*.parquet filter=lfs' });
  temp = tempFolder();
  folder = path.join(temp, 'export');
  mkdirSync(path.join(folder, 'data'), { recursive: true });
  for (const [name, content] of Object.entries(CONTENTS)) writeFileSync(path.join(folder, name), content);
});
afterEach(() => hub.stop());

const soon = (): Promise<void> => Promise.resolve();
const manifest = (): string => path.join(temp, 'upload.json');

function storageWith(token: Token | null): HfStorage {
  const settings = readSettings({ HF_ENDPOINT: hub.endpoint });
  return new HfStorage(new HubClient(settings, token ?? undefined, new AbortController().signal, fetch, soon), soon);
}

function send(
  more: Partial<Parameters<typeof uploadFolder>[1]> = {},
  token: Token | null = new Token('hf_PRIVATE', 'HF_TOKEN'),
): Promise<FolderUploaded> {
  const to = 'hf://datasets/org/name/sub';
  return uploadFolder(storageWith(token), { folder, names: NAMES, to, manifest: manifest(), ...more });
}

function expectAll(below = 'sub/'): void {
  for (const name of NAMES) expect(repo.files.get(below + name)?.equals(CONTENTS[name]!)).toBe(true);
}

describe('a folder', () => {
  it.each([Infinity, 90_000])('is one commit, large files of it LFS objects in parts of %d', async (partBytes) => {
    hub.writes.partBytes = partBytes;
    const completed: number[] = [];
    const result = await send({ onProgress: (event) => event.type === 'progress' && completed.push(event.completed) });
    expect(result).toEqual({ files: 4, bytes: BYTES, sent: BYTES });
    expectAll();
    expect(hub.writes.commits.map(({ paths }) => paths)).toEqual([NAMES.map((name) => `sub/${name}`)]);
    expect(hub.writes.received).toHaveLength(partBytes === Infinity ? 2 : 4 + 2);
    expect(completed.at(-1)).toBe(BYTES);
    // The token goes to the Hub and nowhere else.
    for (const { server, authorization } of hub.served) expect(authorization !== undefined).toBe(server === 'hub');
  });

  it('may be all of the data set, and a branch', async () => {
    repo.revisions['next'] = repo.commit;
    await send({ to: 'hf://datasets/org/name@next' });
    expectAll('');
    expect(hub.served.filter(({ path }) => path.includes('/commit/')).map(({ path }) => path)).toEqual([
      '/api/datasets/org/name/commit/next',
    ]);
  });

  it('is not sent twice, and no second commit is made for nothing', async () => {
    await send();
    expect(await send()).toMatchObject({ sent: 0 });
    expect(hub.writes.commits).toHaveLength(1);
    writeFileSync(path.join(folder, 'README.md'), 'cart');
    expect(await send()).toMatchObject({ sent: 4 });
    expect(hub.writes.commits.at(-1)!.paths).toEqual(['sub/README.md']);
  });

  it('goes on after an end before the commit, without sending again what has arrived', async () => {
    hub.fault = ({ path }) => (path.includes('/commit/') ? { status: 400 } : undefined);
    await expect(send()).rejects.toMatchObject({ code: 'HUB_FAILED' });
    expect([...repo.files.keys()]).toEqual(['.gitattributes']);
    hub.fault = () => undefined;
    expect(await send()).toMatchObject({ sent: BYTES - LARGE });
    expect(hub.writes.received).toHaveLength(2);
    expectAll();
  });

  it('stops when it is told to, and nothing of it is visible', async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('stopped'));
    await expect(send({ signal: controller.signal, onProgress })).rejects.toThrow('stopped');
    expect(hub.writes.commits).toEqual([]);
  });

  it('is not mixed with files of others', async () => {
    repo.files.set('sub/theirs.parquet', noise(10));
    await expect(send()).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
  });
});

describe('a Hub that fails', () => {
  it('is asked again after cut connections, storms and limits', async () => {
    let [cuts, busy] = [0, 0];
    hub.fault = ({ server, path }) => {
      if (server === 'cdn' && path.startsWith('/objects') && cuts++ < 3) return { cutAfter: 0 };
      if (/preupload|batch|commit/.test(path) && busy++ % 3 < 2) return { status: busy % 2 ? 503 : 429 };
      return undefined;
    };
    expect(await send()).toMatchObject({ sent: BYTES });
    expectAll();
    expect(hub.writes.commits).toHaveLength(1);
  });

  it('gives new addresses where those of the CDN have expired', async () => {
    let puts = 0;
    hub.fault = (request) => (fromCdn(request) && puts++ > 0 && puts < 10 ? { status: 403 } : undefined);
    expect(await send()).toMatchObject({ sent: BYTES });
    expect(hub.served.filter(({ path }) => path.endsWith('objects/batch')).length).toBeGreaterThan(1);
    expectAll();
  });

  it('is found out when it holds other bytes than it was sent', async () => {
    const set = repo.files.set.bind(repo.files);
    repo.files.set = (name, content) => set(name, name.endsWith('c.parquet') ? Buffer.alloc(content.length) : content);
    await expect(send()).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
  });

  it.each([
    ['no token', null, false],
    ['a token that may not write', new Token('hf_PRIVATE', 'HF_TOKEN'), true],
  ])('is a sentence: %s', async (_, token, readOnly) => {
    repo.readOnly = readOnly;
    const error = await send({}, token).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'STORAGE_FORBIDDEN', exitCode: 4 });
    expect((error as Error).message).not.toContain('PRIVATE');
    expect(hub.writes.commits).toEqual([]);
  });

  it('names the command that makes a data set that is not there', async () => {
    const error = await send({ to: 'hf://datasets/org/none/sub' }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'HUB_DATASET_NOT_FOUND', exitCode: 3 });
    expect((error as Error).message).toContain('`hf repos create org/none --repo-type dataset`');
  });

  it('that answers nonsense, or stays busy, is a sentence without a signed address', async () => {
    hub.fault = first(1, ({ path }) => path.includes('/preupload/'), {
      status: 200,
      headers: { 'content-length': '0' },
    });
    const nonsense = await send().catch((thrown: Error) => thrown);
    expect(nonsense).toMatchObject({ code: 'UPLOAD_FAILED' });
    hub.fault = (request) => (fromCdn(request) ? { status: 503 } : undefined);
    const busy = await send().catch((thrown: Error) => thrown);
    expect(busy).toMatchObject({ code: 'HUB_FAILED' });
    for (const error of [nonsense, busy]) expect((error as Error).message).not.toMatch(/secret-signature|PRIVATE/);
  });
});
