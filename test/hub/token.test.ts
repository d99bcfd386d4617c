import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/hub/settings.js';
import { readToken } from '../../src/hub/token.js';
import { FakeHub, fromCdn } from './fake-hub.js';
import { collectProgress, failure, workbench } from './setup.js';
import { testModel } from './sharded-model.js';

const bench = workbench();
const SECRET = 'hf_topsecret123';
const withToken = () => ({ ...bench.env, HF_TOKEN: SECRET });

describe('the token', () => {
  it('goes to the endpoint, and never to the server that it redirects to', async () => {
    bench.hub.add('org/name', testModel().files);
    await bench.resolve('org/name', { env: withToken() });
    const [cdn, hub] = [bench.hub.served.filter(fromCdn), bench.hub.served.filter((request) => !fromCdn(request))];
    expect(cdn.length).toBeGreaterThan(0);
    expect(cdn.every(({ authorization }) => authorization === undefined)).toBe(true);
    expect(hub.every(({ authorization }) => authorization === `Bearer ${SECRET}`)).toBe(true);
  });

  it('is not sent when another server redirects back to the endpoint', async () => {
    const other = await new FakeHub().start();
    try {
      bench.hub.add('org/name', testModel().files);
      bench.hub.fault = ({ server, path: asked }) =>
        server === 'hub' && asked.endsWith('.safetensors') && !asked.startsWith('/signed')
          ? { redirectTo: `${other.endpoint}/hop` }
          : undefined;
      other.fault = () => ({ status: 302, headers: { location: `${bench.hub.endpoint}/org/name/back` } });
      await expect(bench.resolve('org/name', { env: withToken() })).rejects.toMatchObject({ code: 'HUB_FAILED' });
      expect(other.served.every(({ authorization }) => authorization === undefined)).toBe(true);
      const back = bench.hub.requestsOf('/back');
      expect(back.length).toBeGreaterThan(0);
      expect(back.every(({ authorization }) => authorization === undefined)).toBe(true);
    } finally {
      await other.stop();
    }
  });

  it('stands in no error, no progress and no file', async () => {
    bench.hub.add('org/gated', testModel().files, { gated: true });
    bench.hub.add('org/name', testModel().files);
    const env = withToken();
    const { events, onProgress } = collectProgress();
    await bench.resolve('org/name', { env }, { onProgress });
    const errors: unknown[] = [];
    for (const model of ['org/gated', 'org/missing'])
      errors.push(await bench.resolve(model, { env }).catch((error: unknown) => error));
    bench.hub.fault = () => ({ cutAfter: 0 });
    errors.push(await bench.resolve('org/name', { env, layers: [1] }).catch((error: unknown) => error));
    expect(errors).toHaveLength(3);
    const told = inspect([errors, events], { depth: 20, showHidden: true });
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain('secret-signature');
    for (const folder of [bench.hfCache, bench.ownCache]) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile())
          expect((await readFile(path.join(entry.parentPath, entry.name))).includes(SECRET)).toBe(false);
      }
    }
  });

  it('that no header can carry is refused without being repeated', async () => {
    const env = { ...bench.env, HF_TOKEN: `${SECRET} ü` };
    const error = await bench.resolve('org/name', { env }).catch((reason: unknown) => reason);
    expect(error).toEqual(failure('TOKEN_INVALID', 'HF_TOKEN'));
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });

  it('cannot be printed', async () => {
    const env = withToken();
    const token = await readToken(env, readSettings(env));
    expect(token!.header()).toBe(`Bearer ${SECRET}`);
    expect(inspect(token, { showHidden: true, depth: 9 }) + JSON.stringify(token)).not.toContain(SECRET);
  });

  it('comes from HF_TOKEN, else from the file of `hf auth login`, and not at all if that is asked for', async () => {
    const read = async (more: NodeJS.ProcessEnv) => {
      const env = { ...bench.env, ...more };
      return (await readToken(env, readSettings(env)))?.header();
    };
    expect(await read({})).toBeUndefined();
    const folder = path.join(bench.env['HOME']!, '.cache', 'huggingface');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'token'), 'hf_file\n');
    await writeFile(path.join(folder, 'other'), 'hf_other');
    expect(await read({})).toBe('Bearer hf_file');
    expect(await read({ HF_TOKEN_PATH: path.join(folder, 'other') })).toBe('Bearer hf_other');
    expect(await read({ HF_TOKEN: ' hf_env ' })).toBe('Bearer hf_env');
    expect(await read({ HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: 'hf_old' })).toBe('Bearer hf_old');
    expect(await read({ HF_TOKEN: 'hf_env', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeUndefined();
  });
});

describe('addresses', () => {
  it.each(['ftp://host', 'host', 'https://host/?a=b', 'file:///etc'])('HF_ENDPOINT must not be %s', (endpoint) => {
    expect(() => readSettings({ HF_ENDPOINT: endpoint })).toThrow(failure('INVALID_OPTION', 'HF_ENDPOINT', endpoint));
  });

  it('HF_ENDPOINT with a password is refused without repeating it', () => {
    expect(() => readSettings({ HF_ENDPOINT: `https://user:${SECRET}@host` })).toThrow(/^(?!.*topsecret).*HF_TOKEN/);
  });

  it('a redirect from https to http is not followed', async () => {
    const asked: string[] = [];
    const fetch = async (url: URL): Promise<Response> => {
      asked.push(url.href);
      return new Response(null, { status: 302, headers: { location: 'http://elsewhere/model' } });
    };
    await expect(
      bench.resolve('org/name', {
        env: { ...bench.env, HF_ENDPOINT: 'https://hub.test' },
        fetch: fetch as typeof globalThis.fetch,
      }),
    ).rejects.toEqual(failure('HUB_FAILED', 'Only https'));
    expect(asked).toHaveLength(1);
  });

  it('a circle of redirects ends', async () => {
    bench.hub.fault = ({ path: asked }) => ({ status: 302, headers: { location: asked } });
    await expect(bench.resolve('org/name')).rejects.toEqual(failure('HUB_FAILED', 'redirects more than 5 times'));
    expect(bench.hub.served).toHaveLength(6);
  });
});
