import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openModelFolder } from '../../src/model/open-model.js';
import { tempFolder } from '../support/temp-folder.js';
import { COMMIT, first, fromCdn, noise } from './fake-hub.js';
import { collectProgress, failure, workbench } from './setup.js';
import { SHARD_1, testModel } from './sharded-model.js';

const bench = workbench();
const API = 'api/models';

async function expectRightBytes(files: Record<string, Buffer>): Promise<void> {
  const folder = path.join(bench.ownCache, 'hub', 'models--org--name', COMMIT);
  for (const { file, offset, bytes } of (await openModelFolder(folder)).tensors) {
    const right = files[path.basename(file)]!.subarray(offset, offset + bytes);
    expect((await readFile(file)).subarray(offset, offset + bytes).equals(right)).toBe(true);
  }
}

describe('what the Hub refuses', () => {
  it('a gated model: where to ask, and which token', async () => {
    bench.hub.add('org/name', testModel().files, { gated: true });
    await expect(bench.resolve('org/name')).rejects.toEqual(
      failure('HUB_GATED', 'org/name is gated', `${bench.hub.endpoint}/org/name`, 'set HF_TOKEN'),
    );
    await expect(bench.resolve('org/name', { env: { ...bench.env, HF_TOKEN: 'hf_secret' } })).rejects.toEqual(
      failure('HUB_GATED', 'the token in HF_TOKEN'),
    );
  });

  it('a model that is missing, or private', async () => {
    bench.hub.add('org/private', testModel().files, { privateTo: 'hf_right' });
    for (const name of ['org/missing', 'org/private']) {
      await expect(bench.resolve(name)).rejects.toEqual(
        failure('HUB_MODEL_NOT_FOUND', name, 'If it is private, set HF_TOKEN'),
      );
    }
    await expect(bench.resolve('org/private', { env: { ...bench.env, HF_TOKEN: 'hf_wrong' } })).rejects.toEqual(
      failure('HUB_MODEL_NOT_FOUND', 'the token in HF_TOKEN is valid'),
    );
    const { source } = await bench.resolve('org/private', { env: { ...bench.env, HF_TOKEN: 'hf_right\n' } });
    expect(source).toBe('hub');
  });

  it('a revision that is missing', async () => {
    bench.hub.add('org/name', testModel().files);
    await expect(bench.resolve('org/name@v9')).rejects.toEqual(failure('HUB_REVISION_NOT_FOUND', 'v9'));
  });

  it.each(['../../x', 'a//b', '/a', '.', 'a b', ''])(
    'a revision that cannot be one, before any request: %j',
    async (revision) => {
      await expect(bench.resolve(`org/name@${revision}`)).rejects.toEqual(failure('INVALID_OPTION', 'revision'));
      expect(bench.hub.served).toEqual([]);
    },
  );

  it('two revisions for one model', async () => {
    await expect(bench.resolve('org/name@v1', { revision: 'v2' })).rejects.toEqual(
      failure('INVALID_OPTION', 'v2', 'v1'),
    );
  });

  it('weights that are only pickled, only GGUF, or missing', async () => {
    const { 'config.json': config } = testModel().files;
    bench.hub.add('org/pickle', { 'config.json': config!, 'pytorch_model.bin': 'x' });
    await expect(bench.resolve('org/pickle')).rejects.toEqual(
      failure('PICKLE_ONLY', 'pytorch_model.bin', 'org/pickle@refs/pr/N', 'save_pretrained'),
    );
    bench.hub.add('org/gguf', { 'config.json': config!, 'model-Q8_0.gguf': 'x' });
    await expect(bench.resolve('org/gguf')).rejects.toEqual(failure('HUB_NO_WEIGHTS', 'model-Q8_0.gguf'));
    bench.hub.add('org/none', { 'README.md': 'x' });
    await expect(bench.resolve('org/none')).rejects.toEqual(failure('HUB_NO_WEIGHTS', 'model.safetensors.index.json'));
  });

  it('an address that is no Hub', async () => {
    bench.hub.add('org/name', testModel().files);
    for (const body of ['<html>', '{}', '{"sha":"../../etc","siblings":[]}', '{"sha":"' + COMMIT + '"}']) {
      bench.hub.fault = ({ path: asked }) => (asked.includes(API) ? { body: Buffer.from(body) } : undefined);
      await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_ANSWER_INVALID', 'HF_ENDPOINT'));
    }
  });
});

describe('a busy server', () => {
  it('is asked again after the time that it names', async () => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = first(1, ({ path: asked }) => asked.includes(API), {
      status: 429,
      headers: { 'retry-after': '7' },
    });
    await bench.resolve('org/name');
    expect(bench.waits).toEqual([7000]);
  });

  it('may name it as a date, or by RateLimit', async () => {
    bench.hub.add('org/name', testModel().files);
    const date = new Date(Date.now() + 60_000).toUTCString();
    bench.hub.fault = first(1, ({ path: asked }) => asked.includes(API), {
      status: 429,
      headers: { 'retry-after': date },
    });
    await bench.resolve('org/name');
    bench.hub.fault = first(1, ({ path: asked }) => asked.includes(API), {
      status: 429,
      headers: { ratelimit: '"api";r=0;t=42' },
    });
    await bench.resolve('org/name@' + COMMIT, {
      env: { ...bench.env, HF_HUB_CACHE: tempFolder(), LONGATTN_CACHE: tempFolder() },
    });
    expect(bench.waits[0]).toBeGreaterThan(50_000);
    expect(bench.waits[0]).toBeLessThanOrEqual(60_000);
    expect(bench.waits[1]).toBe(42_000);
  });

  it('is left alone when it asks for too long a wait', async () => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_RATE_LIMITED', '3600 s', 'HF_TOKEN'));
    expect(bench.waits).toEqual([]);
  });

  it.each([500, 502, 503, 504, 408])('is asked again, less and less often, and then given up (%i)', async (status) => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = () => ({ status });
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_FAILED', String(status)));
    expect(bench.waits).toEqual([500, 1000, 2000, 4000, 8000]);
  });
});

describe('a connection that is cut', () => {
  it('goes on where it stopped, as often as it gets further', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    bench.hub.fault = (request) => (fromCdn(request) ? { cutAfter: 20_000 } : undefined);
    await bench.resolve('org/name');
    await expectRightBytes(files);
    const asked = bench.hub.requestsOf(SHARD_1).filter(fromCdn);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked[1]!.range).toMatch(/^bytes=[1-9]\d*-65535$/);
    expect(new Set(bench.waits)).toEqual(new Set([500]));
  });

  it('is given up when it never gets further', async () => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = (request) => (fromCdn(request) ? { cutAfter: 0 } : undefined);
    await expect(bench.resolve('org/name')).rejects.toEqual(
      failure('HUB_UNREACHABLE', bench.hub.cdnOrigin, 'what is there already is kept'),
    );
    expect(bench.waits).toHaveLength(5);
  });

  it('loses nothing that has come, also from one run to the next', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    const late = /bytes=65536-/;
    bench.hub.fault = ({ server, range }) => {
      if (server !== 'cdn' || range === 'bytes=0-65535') return undefined;
      return late.test(range!) ? { cutAfter: 100_000 } : { cutAfter: 0 };
    };
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_UNREACHABLE'));
    bench.hub.fault = () => undefined;
    bench.hub.served.length = 0;
    const { events, onProgress } = collectProgress();
    await bench.resolve('org/name', {}, { onProgress });
    const [again] = bench.hub.requestsOf(SHARD_1).filter(fromCdn);
    expect(Number(/^bytes=(\d+)-/.exec(again!.range!)![1])).toBeGreaterThan(65_536);
    expect(events[0]).toMatchObject({ completed: 0, total: bench.hub.bytesOf(SHARD_1) });
    await expectRightBytes(files);
  });

  it('by silence counts as cut', async () => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = first(1, fromCdn, { silent: true });
    await bench.resolve('org/name', { env: { ...bench.env, HF_HUB_DOWNLOAD_TIMEOUT: '0.2' } });
    expect(bench.waits).toEqual([500]);
  });

  it('because nobody listens names the address', async () => {
    await expect(
      bench.resolve('org/name', { env: { ...bench.env, HF_ENDPOINT: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://p' } }),
    ).rejects.toEqual(failure('HUB_UNREACHABLE', 'http://127.0.0.1:9', 'The proxy in HTTPS_PROXY'));
  });

  it('by the user ends with the reason of the signal, and nothing is lost', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    const controller = new AbortController();
    bench.hub.fault = (request) => {
      if (fromCdn(request) && request.range !== 'bytes=0-65535') controller.abort(new Error('stopped by the user'));
      return undefined;
    };
    await expect(bench.resolve('org/name', {}, { signal: controller.signal })).rejects.toThrow('stopped by the user');
    bench.hub.fault = () => undefined;
    await bench.resolve('org/name');
    await expectRightBytes(files);
    expect(bench.hub.requestsOf(SHARD_1).filter(({ range }) => range === 'bytes=0-65535')).toHaveLength(2); // hub and CDN, once
  });
});

describe('a server that lies', () => {
  it.each(['bytes 1-65536/999999', 'bytes 0-65535/*', 'bytes 0-9/999999', 'none', 'bytes 0-65535/65535'])(
    'about the range: %s',
    async (contentRange) => {
      bench.hub.add('org/name', testModel().files);
      bench.hub.fault = (request) => (fromCdn(request) ? { contentRange } : undefined);
      await expect(bench.resolve('org/name')).rejects.toEqual(
        failure('HUB_RANGE_WRONG', contentRange, 'hf download org/name'),
      );
    },
  );

  it('and sends the file from its start is read up to the needed part, if that is near', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    bench.hub.fault = (request) => (fromCdn(request) ? { ignoreRange: true } : undefined);
    await bench.resolve('org/name');
    await expectRightBytes(files);
  });

  it('and sends an encoded body', async () => {
    bench.hub.add('org/name', testModel().files);
    bench.hub.fault = (request) => (fromCdn(request) ? { headers: { 'content-encoding': 'gzip' } } : undefined);
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_RANGE_WRONG', 'gzip'));
  });

  it('because the file has changed since the download began', async () => {
    const { files } = testModel();
    const repo = bench.hub.add('org/name', files);
    const header = '/resolve/';
    let requests = 0;
    bench.hub.fault = ({ server, path: asked }) => {
      if (server === 'hub' && asked.includes(header) && asked.endsWith(SHARD_1) && requests++ > 0)
        return { etag: 'other' };
      return undefined;
    };
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_FILE_CHANGED', SHARD_1));
    bench.hub.fault = () => undefined;
    repo.files.set(SHARD_1, Buffer.concat([files[SHARD_1]!, noise(8)]));
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_FILE_CHANGED', SHARD_1));
  });

  it('about a header: nothing is written', async () => {
    const { files } = testModel();
    files[SHARD_1]!.writeBigUInt64LE(2n ** 60n);
    bench.hub.add('org/name', files);
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('SAFETENSORS_INVALID', SHARD_1, 'org/name'));
    const file = path.join(bench.ownCache, 'hub', 'models--org--name', COMMIT, SHARD_1);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['../../../evil', '..', 'a/b', '', 'x'.repeat(300)])(
    'with an ETag that is no file name: %j',
    async (etag) => {
      bench.hub.add('org/name', testModel().files);
      bench.hub.fault = ({ path: asked }) => (asked.endsWith('config.json') ? { etag } : undefined);
      await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_ANSWER_INVALID', 'config.json'));
    },
  );

  it.each(['../../evil.safetensors', '/etc/evil.safetensors', 'a/../../evil.safetensors'])(
    'with an index that points out of the folder: %s',
    async (name) => {
      const { files } = testModel();
      files['model.safetensors.index.json'] = Buffer.from(
        JSON.stringify({ weight_map: { 'model.embed_tokens.weight': name } }),
      );
      bench.hub.add('org/name', files);
      await expect(bench.resolve('org/name')).rejects.toEqual(failure('INDEX_INVALID', name));
    },
  );

  it('about the content of a small file', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    bench.hub.fault = ({ path: asked }) => (asked.endsWith('tokenizer.json') ? { etag: 'a'.repeat(64) } : undefined);
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_ANSWER_INVALID', 'tokenizer.json'));
  });
});

describe('the local part of a file', () => {
  it('whose record is broken, or of another size, is refused', async () => {
    bench.hub.add('org/name', testModel().files);
    const { folder } = await bench.resolve('org/name');
    const ledger = path.join(folder, `${SHARD_1}.ranges.json`);
    const right = JSON.parse(await readFile(ledger, 'utf8')) as Record<string, unknown>;
    for (const wrong of ['{', '{"version":2}', JSON.stringify({ ...right, complete: [['a', 1]] })]) {
      await writeFile(ledger, wrong);
      await expect(openModelFolder(folder)).rejects.toEqual(
        failure('CACHE_DAMAGED', ledger, `Remove the folder ${folder}`),
      );
    }
    await writeFile(ledger, JSON.stringify({ ...right, size: 1, complete: [] }));
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('CACHE_DAMAGED', folder));
  });

  it('that is gone is downloaded again, whatever the record says', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    const { folder } = await bench.resolve('org/name');
    await rm(path.join(folder, SHARD_1));
    await bench.resolve('org/name');
    await expectRightBytes(files);
  });

  it('is downloaded once by several at once: one works, the others wait', async () => {
    const { files } = testModel();
    bench.hub.add('org/name', files);
    const { events, onProgress } = collectProgress();
    await Promise.all(Array.from({ length: 4 }, () => bench.resolve('org/name', {}, { onProgress })));
    await expectRightBytes(files);
    expect(new Set(bench.hub.requestsOf(SHARD_1).map(({ server, range }) => `${server} ${range}`)).size).toBe(
      bench.hub.requestsOf(SHARD_1).length,
    );
    expect(events.filter((event) => event.type === 'warning' && event.code === 'DOWNLOAD_WAITING')).toHaveLength(3);
  });
});
