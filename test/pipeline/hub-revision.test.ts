// A run on a model of the Hub: run.json names its commit, and the run stays with it when the branch has moved.
import { describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { prepare } from '../../src/pipeline/prepare.js';
import { COMMIT } from '../hub/fake-hub.js';
import { workbench } from '../hub/setup.js';
import { layOut, safetensorsBytes, TINY_CONFIG, TINY_SHAPES, tinyModel } from '../model/tiny-model.js';
import { tempFolder } from '../support/temp-folder.js';

const bench = workbench();
const NEXT = 'f'.repeat(40);

function files(): Record<string, Buffer> {
  const { header, dataBytes } = layOut(TINY_SHAPES);
  const weights = safetensorsBytes(JSON.stringify(header), dataBytes);
  return { 'config.json': Buffer.from(JSON.stringify(TINY_CONFIG)), 'model.safetensors': weights };
}

async function withEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env;
  // Nothing of the user's: an XDG_CACHE_HOME or HF_HOME of theirs would share a cache between tests, and keep what these make.
  process.env = { PATH: before['PATH'], ...bench.env, HF_TOKEN: 'hf_secretsecretsecret' };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

function optionsFor(model: string): Parameters<typeof prepare>[0] {
  const folder = tempFolder();
  const input = path.join(folder, 'ids.jsonl');
  writeFileSync(input, `${JSON.stringify({ ids: [1, 2, 3, 4, 5, 6, 7, 8] })}\n`);
  return { input: `book=${input}`, idsField: 'ids', window: 4, model, output: path.join(folder, 'RUN') };
}

const manifestOf = ({ output }: { output?: unknown }): string =>
  readFileSync(path.join(`${output}`, 'run.json'), 'utf8');

describe('run.json', () => {
  it('names the model of the Hub and the commit, and no token', async () => {
    bench.hub.add('org/name', files());
    const options = optionsFor('org/name');
    await withEnvironment(() => prepare(options));
    expect(JSON.parse(manifestOf(options))).toMatchObject({ hub: { id: 'org/name', commit: COMMIT } });
    expect(manifestOf(options)).not.toContain('hf_secret');
  });

  it('says nothing of the Hub for a folder', async () => {
    const folder = await tinyModel();
    const options = optionsFor(folder);
    await withEnvironment(() => prepare(options));
    expect(Object.keys(JSON.parse(manifestOf(options)) as object)).not.toContain('hub');
    rmSync(folder, { recursive: true });
  });

  it('keeps a run at its commit when the branch has moved, also where no cache knows the old one', async () => {
    const repo = bench.hub.add('org/name', files());
    const options = optionsFor('org/name');
    await withEnvironment(() => prepare(options));
    rmSync(path.join(bench.env['HOME']!, '.cache'), { recursive: true });
    repo.revisions['main'] = NEXT;
    bench.hub.served.length = 0;
    await withEnvironment(() => prepare({ output: options.output }));
    const asked = bench.hub.served.filter(({ server }) => server === 'hub').map(({ path: url }) => url);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((url) => !url.includes(COMMIT))).toEqual([]);
  });
});
