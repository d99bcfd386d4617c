// What a user meets with input that is not right, through the CLI: the exit code, a sentence with the code, never a stack.
import { afterAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, demoModel, temporaryFolder, type CliResult } from '../support/cli.js';
import { madeText } from '../support/corpus.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (...parts: string[]): string => path.join(folder, ...parts);
const GOOD = JSON.stringify({ text: madeText(700, 1) });
let runs = 0;

function file(name: string, content: string | Buffer): string {
  writeFileSync(at(name), content);
  return at(name);
}

function score(input: string, ...more: string[]): Promise<CliResult> {
  const given = (name: string): boolean => more.includes(name);
  const model = given('--model') ? [] : ['--model', demoModel];
  const output = given('--output') ? [] : ['--output', at(`run-${runs++}`)];
  return cli(['score', '--input', `book=${input}`, '--window', '256', ...model, ...output, ...more]);
}

function refused({ code, stderr }: CliResult, exitCode: number, errorCode: string, ...parts: string[]): void {
  expect(stderr).toContain(`[${errorCode}]`);
  parts.forEach((part) => expect(stderr).toContain(part));
  expect(stderr).not.toMatch(/^fault|\n {4}at /m);
  expect(code).toBe(exitCode);
}

describe('a corpus', () => {
  it('with invalid JSON and UTF-8: exit 3 above --max-reject-rate, each row in rejects.jsonl', async () => {
    const rows = Buffer.concat([Buffer.from(`${GOOD}\n{"text": \n`), Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])]);
    const input = file('broken.jsonl', rows);
    const output = at('broken');
    refused(await score(input, '--output', output), 3, 'TOO_MANY_REJECTS', '2 of 3 rows', '1 %', 'The first is ');
    const rejects = readFileSync(path.join(output, 'rejects.jsonl'), 'utf8').trimEnd().split('\n');
    expect(rejects.map((line) => JSON.parse(line) as unknown)).toEqual([
      { file: input, line: 2, reason: expect.stringMatching(/JSON/) },
      { file: input, line: 3, reason: expect.stringMatching(/UTF-8/) },
    ]);
    const lenient = await score(input, '--output', output, '--max-reject-rate', '70%');
    expect({ code: lenient.code, stdout: lenient.stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('2 rows refused'),
    });
  });

  it('that is an empty file, no file, or a folder of nothing', async () => {
    refused(await score(file('empty.txt', '')), 3, 'TOO_MANY_REJECTS');
    refused(await score(file('empty.txt', ''), '--max-reject-rate', '1'), 3, 'NO_DOCUMENTS');
    refused(await score(at('none.txt')), 3, 'INPUT_NOT_FOUND', 'none.txt');
    mkdirSync(at('nothing'));
    refused(await score(at('nothing')), 3, 'INPUT_NOT_FOUND', 'nothing');
  });

  it('of documents that are all too short: how many, how long', async () => {
    refused(
      await score(file('short.jsonl', '{"text":"a b"}\n{"text":"a b c"}\n')),
      3,
      'ALL_DOCUMENTS_TOO_SHORT',
      'Of 2 documents',
    );
  });

  it('with token ids beyond the vocabulary', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => (i === 7 ? 49_152 : i));
    const input = file('ids.jsonl', `${JSON.stringify({ ids })}\n`);
    refused(await score(input, '--ids-field', 'ids'), 3, 'TOO_MANY_REJECTS', '1 of 1 rows');
  });

  it('is cut by --limit', async () => {
    const input = file('many.jsonl', `${GOOD}\n`.repeat(5));
    const output = at('limited');
    expect((await score(input, '--limit', '2', '--output', output, '--json')).code).toBe(0);
    const { stdout } = await cli(['select', '--output', output, '--json']);
    expect((JSON.parse(stdout) as { domains: object[] }).domains).toMatchObject([{ documents: 2 }]);
  });
});

describe('a model', () => {
  function model(name: string, change: (weights: Buffer) => Buffer): string {
    mkdirSync(at(name));
    for (const one of ['config.json', 'tokenizer.json']) copyFileSync(path.join(demoModel, one), at(name, one));
    writeFileSync(at(name, 'model.safetensors'), change(readFileSync(path.join(demoModel, 'model.safetensors'))));
    return at(name);
  }
  const headerEnd = (weights: Buffer): number => 8 + Number(weights.readBigUInt64LE(0));
  const input = (): string => file('good.jsonl', `${GOOD}\n`);

  it('that is cut', async () => {
    const cut = model('cut', (weights) => weights.subarray(0, weights.length - 1000));
    const result = await score(input(), '--model', cut);
    expect(result.stderr).toMatch(/^error: .*model\.safetensors/m);
    expect(result.code).toBe(3);
  });

  it('whose weights are NaN', async () => {
    // F16: all bits set is NaN.
    const nan = model('nan', (weights) => weights.fill(0xff, headerEnd(weights)));
    refused(await score(input(), '--model', nan), 3, 'WEIGHT_NOT_FINITE');
  });
});

describe('a run', () => {
  it('that is resumed with another option: the option, the old and the new value', async () => {
    const [input, output] = [file('resume.jsonl', `${GOOD}\n`), at('resume')];
    expect((await score(input, '--output', output)).code).toBe(0);
    refused(await score(input, '--output', output, '--k', '8'), 2, 'SPEC_CHANGED', 'k must not be 8', '"quarter"');
  });

  it('whose output is a file, or cannot be made', async () => {
    const input = file('good.jsonl', `${GOOD}\n`);
    refused(await score(input, '--output', input), 4, 'NOT_A_FOLDER', input);
    if (process.platform === 'linux')
      refused(await score(input, '--output', '/proc/run'), 4, 'NOT_WRITABLE', '/proc/run');
  });

  it('with an option that is wrong: its name, the value and what is allowed', async () => {
    const input = file('good.jsonl', `${GOOD}\n`);
    refused(await score(input, '--shard', '3/2'), 2, 'INVALID_OPTION', 'shard must not be "3/2"', 'i/n');
    refused(await score(input, '--batch', 'many'), 2, 'INVALID_OPTION', 'batch must not be "many"');
    refused(await score(input, '--windw', '3'), 2, 'USAGE', 'windw', 'longattn score --help');
    refused(await cli(['score', '--model']), 2, 'USAGE', 'model', 'longattn score --help');
    refused(await cli(['scor']), 2, 'USAGE', 'scor');
  });
});
