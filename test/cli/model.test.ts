import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import yargs from 'yargs';
import { modelCommand } from '../../src/cli/commands/model.js';
import { withGlobals } from '../../src/cli/context.js';
import { testModel } from '../hub/sharded-model.js';
import { workbench } from '../hub/setup.js';
import { tempFolder } from '../support/temp-folder.js';

const bench = workbench();
const before = { ...process.env };
let out = '';
let err = '';

beforeEach(() => {
  [out, err] = ['', ''];
  Object.assign(process.env, bench.env);
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
  process.exitCode = undefined;
});

async function model(...args: string[]): Promise<number> {
  process.exitCode = undefined;
  await withGlobals(yargs(['model', ...args]))
    .command(modelCommand)
    .strict()
    .parserConfiguration({ 'boolean-negation': false, 'parse-numbers': false, 'duplicate-arguments-array': true })
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseAsync();
  return Number(process.exitCode ?? 0);
}

async function folderOf(files: Record<string, Buffer>): Promise<string> {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return folder;
}

describe('longattn model', () => {
  it('inspect prints a table on stdout, and nothing else there', async () => {
    const folder = await folderOf(testModel(false).files);
    expect(await model('inspect', folder, '--layers', '1')).toBe(0);
    for (const text of ['llama', 'key/value heads', '128 tokens', 'asked layers', 'self_attn.q_proj', folder])
      expect(out).toContain(text);
    expect(err).toBe('');
  });

  it('inspect says below its tables why it knows nothing of the tokenizer', async () => {
    const folder = await folderOf(testModel(false).files);
    await rm(path.join(folder, 'tokenizer.json'));
    expect(await model('inspect', folder)).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.at(-1)).toMatch(/^\S+tokenizer\.json does not exist\. A model folder must hold/);
    expect(lines.slice(0, -1).join()).not.toContain('A model folder');
  });

  it('inspect --json prints the report of a model on the Hub', async () => {
    bench.hub.add('org/name', testModel().files);
    expect(await model('inspect', 'org/name', '--json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 'org/name', heads: 2, layers: [0], slidingWindows: [0, 0] });
  });

  it('extract prints the folder that it made', async () => {
    const to = path.join(tempFolder(), 'small');
    expect(await model('extract', await folderOf(testModel().files), '-o', to)).toBe(0);
    expect(out).toBe(`${to}\n`);
    expect(await model('extract', await folderOf(testModel().files), '-o', to)).toBe(2);
    expect(err).toContain('[OUTPUT_EXISTS]');
  });

  it.each([
    [['inspect', '/no/such/folder'], 3, 'MODEL_NOT_FOUND'],
    [['inspect', 'org/missing'], 3, 'HUB_MODEL_NOT_FOUND'],
    [['inspect', 'org/name', '--layers', 'first'], 2, 'INVALID_OPTION'],
    [['inspect', 'org/name', '--layers', '0', '--layers', '1'], 2, 'INVALID_OPTION'],
    [['inspect', 'org/name', '--revision', 'a', '--revision', 'b'], 2, 'INVALID_OPTION'],
    [['fetch', 'gpt-5'], 2, 'INVALID_OPTION'],
  ])('ends with the exit code of the error: %j', async (args, code, name) => {
    expect(await model(...args)).toBe(code);
    expect(err).toContain(`[${name}]`);
    expect(out).toBe('');
  });
});
