// A run whose text is read with another tokenizer than the model's.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { fileURLToPath } from 'node:url';
import { attention } from '../../src/attention/attention.js';
import type { ProgressEvent } from '../../src/base/events.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { check } from '../../src/pipeline/check.js';
import { score } from '../../src/pipeline/pipeline.js';
import { prepare } from '../../src/pipeline/prepare.js';
import { tokenizerOfRun } from '../../src/report/tokenizer-of-run.js';
import { openTokenizer } from '../../src/tokenizer/tokenizer.js';
import { COMMIT } from '../hub/fake-hub.js';
import { workbench } from '../hub/setup.js';
import { demoModel, temporaryFolder } from '../support/cli.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const OTHER = path.join(FIXTURES, 'tokenizers', 'bytelevel');
const TEXT = 'Call me Ishmael. Some years ago, never mind how long.\n'.repeat(40);
const folder = temporaryFolder();
const bench = workbench();
let shared: Omit<RunOptions, 'output'>;

beforeAll(() => {
  writeFileSync(path.join(folder, 'a.txt'), TEXT);
  shared = { input: path.join(folder, 'a.txt'), window: 64, model: demoModel };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifestOf = (dir: string) =>
  JSON.parse(readFileSync(path.join(dir, 'run.json'), 'utf8')) as { spec: Record<string, unknown> };

const metadataOf = (dir: string, stage: string) =>
  Object.fromEntries(tableFromIPC(readFileSync(path.join(dir, stage, 'part-00000.arrow'))).schema.metadata);

async function inEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env;
  process.env = { PATH: before['PATH'], ...bench.env };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

describe('a tokenizer beside a model', () => {
  it('cuts the windows, and stands in run.json and in the metadata of both stages', async () => {
    const output = path.join(folder, 'RUN');
    await score({ ...shared, tokenizer: OTHER, output });
    const { sha256 } = await openTokenizer(OTHER);
    expect(manifestOf(output).spec).toMatchObject({ tokenizer: sha256, tokenizerPath: OTHER });
    for (const stage of ['windows', 'scores']) {
      const metadata = metadataOf(output, stage);
      expect(metadata).toMatchObject({ tokenizer: sha256 });
    }
    const run = (await prepare({ output })).run;
    expect((await tokenizerOfRun(run)).tokenizer?.sha256).toBe(sha256);
  });

  it('is no part of a run that was started without one', async () => {
    const output = path.join(folder, 'OWN');
    await score({ ...shared, output });
    expect(manifestOf(output).spec).not.toHaveProperty('tokenizerPath');
    const metadata = metadataOf(output, 'scores');
    expect(metadata).not.toHaveProperty('tokenizer');
    // The model's own by its name changes nothing, another one is refused.
    await prepare({ output, tokenizer: path.join(demoModel, 'tokenizer.json') });
    await expect(prepare({ output, tokenizer: OTHER })).rejects.toMatchObject({ code: 'SPEC_CHANGED' });
  });

  it('may lie elsewhere when the run goes on', async () => {
    const [output, before, after] = ['MOVED', 'before', 'after'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    cpSync(OTHER, before, { recursive: true });
    await score({ ...shared, tokenizer: before, output });
    renameSync(before, after);
    await prepare({ output, tokenizer: after });
    expect(manifestOf(output).spec).toMatchObject({ tokenizerPath: before });
  });

  it('of a larger vocabulary than the model is warned of with both sizes', async () => {
    const events: ProgressEvent[] = [];
    const options = { ...shared, input: path.join(folder, 'a.txt'), output: path.join(folder, 'SMALL') };
    const small = path.join(FIXTURES, 'models', 'llama');
    await prepare({ ...options, model: small, tokenizer: demoModel }, { onProgress: (event) => events.push(event) });
    const { vocab_size: rows } = JSON.parse(readFileSync(path.join(small, 'config.json'), 'utf8')) as {
      vocab_size: number;
    };
    const { vocabularySize } = await openTokenizer(demoModel);
    expect(events).toContainEqual({
      ...{ type: 'warning', code: 'TOKENS_BEYOND_MODEL' },
      message: expect.stringContaining(`${vocabularySize} tokens, and the model has embeddings for ${rows}`),
    });
  });

  it('of a model on the Hub keeps the run at its commit when the branch has moved', async () => {
    const file = readFileSync(path.join(OTHER, 'tokenizer.json'));
    const repo = bench.hub.add('org/name', { 'tokenizer.json': file });
    const output = path.join(folder, 'HUB');
    await inEnvironment(() => prepare({ ...shared, tokenizer: 'org/name', output }));
    expect(manifestOf(output)).toMatchObject({ tokenizerHub: { id: 'org/name', commit: COMMIT } });
    rmSync(path.join(bench.env['HOME']!, '.cache'), { recursive: true });
    repo.revisions['main'] = 'f'.repeat(40);
    bench.hub.served.length = 0;
    await inEnvironment(() => prepare({ output }));
    expect(bench.hub.served.length).toBeGreaterThan(0);
    expect(bench.hub.served.filter(({ path: url }) => !url.includes(COMMIT))).toEqual([]);
  });

  it('reads the text of a check and of a look at attention', async () => {
    bench.hub.add('org/name', { 'tokenizer.json': readFileSync(path.join(OTHER, 'tokenizer.json')) });
    const { ids } = await (await openTokenizer(OTHER)).encode(TEXT);
    await inEnvironment(async () => {
      const { domains } = await check({ input: shared.input, tokenizer: 'org/name', window: 64 });
      expect(domains).toMatchObject([{ tokens: ids.length }]);
      const seen = await attention({ model: demoModel, tokenizer: 'org/name', text: TEXT, window: 32, rows: [31] });
      expect(seen.ids).toEqual(ids.slice(0, 32));
    });
    mkdirSync(path.join(folder, 'empty'));
    await expect(check({ input: shared.input, tokenizer: path.join(folder, 'empty') })).rejects.toMatchObject({
      code: 'TOKENIZER_MISSING',
    });
  });
});
