import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HubClient } from '../../src/hub/http-client.js';
import { readSettings } from '../../src/hub/settings.js';
import { Token } from '../../src/hub/token.js';
import { HfStorage, openHf } from '../../src/storage/hf.js';
import type { StoredFile } from '../../src/storage/storage.js';
import { COMMIT, FakeHub, fromCdn, noise, type FakeRepo } from '../hub/fake-hub.js';

const DATA = noise(2_500_000);
const ROOT = 'hf://datasets/org/name';

let hub: FakeHub;
let repo: FakeRepo;
let storage: HfStorage;
beforeEach(async () => {
  hub = await new FakeHub().start();
  const files = { 'a.jsonl': 'text', 'empty.txt': '', 'data/b c#1.parquet': DATA, 'data/d/e.jsonl': 'more' };
  repo = hub.add('datasets/org/name', files, { revisions: { main: COMMIT, 'refs/convert/parquet': COMMIT } });
  const settings = readSettings({ HF_ENDPOINT: hub.endpoint });
  const soon = (): Promise<void> => Promise.resolve();
  const client = new HubClient(settings, new Token('TOKEN', 'HF_TOKEN'), new AbortController().signal, fetch, soon);
  storage = new HfStorage(client, soon);
});
afterEach(() => hub.stop());

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const stat = async (name: string): Promise<StoredFile> => (await storage.stat(`${ROOT}/${name}`))!;

describe('a file of a data set', () => {
  it('is listed as it is told, large ones with their own tag, on as many pages as there are', async () => {
    const all = await storage.list(`${ROOT}/`);
    expect(all.map(({ path }) => path)).toEqual([...repo.files.keys()].map((name) => `${ROOT}/${name}`));
    for (const file of all) expect(await storage.stat(file.path)).toEqual(file);
    expect(await storage.list(`${ROOT}/data/`)).toEqual(all.slice(2));
    expect(await storage.list(`${ROOT}/none/`)).toEqual([]);
  });

  it.each([COMMIT, 'refs/convert/parquet', 'refs%2Fconvert%2Fparquet'])(
    'may be of a revision: %s',
    async (revision) => {
      const path = `${ROOT}@${revision}/a.jsonl`;
      expect(await storage.stat(path)).toEqual({ ...(await stat('a.jsonl')), path });
      expect((await storage.list(`${ROOT}@${revision}/`))[0]!.path).toBe(path);
    },
  );

  it('may be missing, or the whole set', async () => {
    expect(await storage.stat(`${ROOT}/none.txt`)).toBeUndefined();
    expect(await storage.stat(ROOT)).toBeUndefined();
  });

  it('is read whole, by a range, and at random, and the token stays with the Hub', async () => {
    const file = await stat('data/b c#1.parquet');
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
    expect((await collect(storage.stream(file, { start: 7, end: 70 }))).equals(DATA.subarray(7, 70))).toBe(true);
    const open = await storage.open(file);
    const { bytesRead, buffer } = await open.read(Buffer.alloc(100), 0, 100, DATA.length - 10);
    expect(buffer.subarray(0, bytesRead).equals(DATA.subarray(-10))).toBe(true);
    for (const { server, authorization } of hub.served) expect(authorization !== undefined).toBe(server === 'hub');
  });

  it.each([
    ['of the same size', 'TEXT'],
    ['longer', 'a longer text'],
    ['empty', ''],
  ])('that changed ends the read: %s', async (_, content) => {
    const file = await stat('a.jsonl');
    repo.files.set('a.jsonl', Buffer.from(content));
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    repo.files.delete('a.jsonl');
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });

  it('does not mind that another file changes', async () => {
    const file = await stat('a.jsonl');
    repo.files.set('other.jsonl', Buffer.from('new'));
    repo.commit = repo.revisions['main'] = '1'.repeat(40);
    expect(String(await collect(storage.stream(file)))).toBe('text');
  });
});

describe('a Hub that fails', () => {
  it('is asked for the rest after each cut', async () => {
    const file = await stat('data/b c#1.parquet');
    hub.fault = (request) => (fromCdn(request) ? { cutAfter: 600_000 } : undefined);
    expect((await collect(storage.stream(file))).equals(DATA)).toBe(true);
  });

  it('is asked again while it is busy, and given up when it stays so', async () => {
    let left = 4;
    hub.fault = () => (left-- > 0 ? { status: 503 } : undefined);
    const file = await stat('a.jsonl');
    hub.fault = () => ({ status: 429 });
    await expect(collect(storage.stream(file))).rejects.toMatchObject({ code: 'HUB_RATE_LIMITED' });
  });

  it('does not send the rest of a list elsewhere', async () => {
    hub.fault = ({ path }) =>
      path.includes('/tree/') ? { headers: { link: '<https://example.org/api?cursor=3>; rel="next"' } } : undefined;
    await expect(storage.list(`${ROOT}/`)).rejects.toMatchObject({ code: 'HUB_ANSWER_INVALID' });
  });

  it.each([
    ['hf://datasets/org/none/a.jsonl', 'HUB_DATASET_NOT_FOUND'],
    [`${ROOT}@none/a.jsonl`, 'HUB_REVISION_NOT_FOUND'],
  ])('tells what is missing: %s', async (path, code) => {
    await expect(storage.stat(path)).rejects.toMatchObject({ code });
    await expect(storage.list(`${path}/`)).rejects.toMatchObject({ code });
  });

  it('tells that a data set is gated', async () => {
    repo.gated = true;
    await expect(stat('a.jsonl')).rejects.toMatchObject({ code: 'HUB_GATED' });
  });
});

it('is not touched offline', async () => {
  await expect(openHf({ HF_HUB_OFFLINE: '1' })).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
});
