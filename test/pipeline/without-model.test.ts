// A run without a model: windows and counts as a run with the model makes them, no scores, and all else as with one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSelection } from '../../src/arrow/reader.js';
import type { SelectionRow } from '../../src/base/records.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { finish } from '../../src/pipeline/finish.js';
import { exportRun, run, score, select, window } from '../../src/pipeline/pipeline.js';
import { plan } from '../../src/pipeline/plan.js';
import { status } from '../../src/pipeline/status.js';
import { work } from '../../src/pipeline/work.js';
import { lastRecurrence } from '../../src/scores/counts/last-recurrence.js';
import { verify } from '../../src/verify/verify.js';
import { cli, contents, demoModel, temporaryFolder } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { makeCorpus } from '../support/corpus.js';

const folder = temporaryFolder();
const [WITHOUT, WITH] = [path.join(folder, 'WITHOUT'), path.join(folder, 'WITH')];
const COUNT = 'last-recurrence-2';
let shared: Pick<RunOptions, 'input' | 'window' | 'score' | 'keep'>;

const rowsOf = (dir: string): Promise<SelectionRow[]> =>
  collect(readSelection(path.join(dir, 'selection', 'selection.arrow')));
const filesOf = (dir: string, stage: string): [string, string][] =>
  Object.entries(contents(dir)).filter(([name]) => name.startsWith(stage));

beforeAll(async () => {
  mkdirSync(path.join(folder, 'corpus'));
  shared = { input: makeCorpus(path.join(folder, 'corpus')), window: 256, score: COUNT, keep: 0.25 };
  await run({ ...shared, tokenizer: demoModel, output: WITHOUT });
  await run({ ...shared, model: demoModel, output: WITH });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a run without a model', () => {
  it('makes the windows, counts and choice of a run with the model, to the byte, and no scores', async () => {
    expect(existsSync(path.join(WITHOUT, 'scores'))).toBe(false);
    for (const stage of ['windows', 'counts']) {
      expect(filesOf(WITHOUT, stage).length).toBeGreaterThan(1);
      expect(filesOf(WITHOUT, stage)).toEqual(filesOf(WITH, stage));
    }
    const chosen = async (dir: string) =>
      (await rowsOf(dir)).map(({ windowId, score, rank, reason }) => ({ windowId, score, rank, reason }));
    expect(await chosen(WITHOUT)).toEqual(await chosen(WITH));
    expect((await rowsOf(WITHOUT)).every(({ ds, du, lds }) => [ds, du, lds].every(Number.isNaN))).toBe(true);
  });

  it('exports with a card that does not speak of attention', async () => {
    const { result, domains } = await exportRun({ output: WITHOUT, score: COUNT, keep: 0.25 });
    expect(domains.every(({ kept, dsMean }) => kept! > 0 && dsMean === undefined)).toBe(true);
    const card = readFileSync(path.join(result, 'README.md'), 'utf8');
    expect(card).toMatch(/ranked by what its token ids say, without a model/);
    expect(card).not.toMatch(/attention that a language/);
  });

  it('is selected from again by another count, at its own k and another, without tokenizer and corpus', async () => {
    const dir = path.join(folder, 'k');
    const { domains } = await run({ ...shared, tokenizer: demoModel, k: 32, output: dir });
    expect(domains.map(({ domain }) => domain)).toEqual(['book', 'code']);
    const at32 = (await rowsOf(dir)).map(({ score: value }) => value);
    await select({ output: WITHOUT, score: COUNT, selectK: 32 });
    expect((await rowsOf(WITHOUT)).map(({ score: value }) => value)).toEqual(at32);
    await select({ output: WITHOUT, score: 'blend:gzip+0.5*distinct' });
    expect((await rowsOf(WITHOUT)).map(({ score: value }) => value)).not.toEqual(at32);
  });

  it('goes on with what is missing, and makes the same again', async () => {
    const before = [filesOf(WITHOUT, 'windows'), filesOf(WITHOUT, 'counts')];
    for (const name of ['part-00000.arrow', 'part-00000.done.json']) rmSync(path.join(WITHOUT, 'windows', name));
    expect(await status(WITHOUT)).toMatchObject({ complete: false });
    await run({ output: WITHOUT, score: COUNT });
    expect([filesOf(WITHOUT, 'windows'), filesOf(WITHOUT, 'counts')]).toEqual(before);
  });

  it('is planned, worked on and finished by others', async () => {
    const output = path.join(folder, 'work');
    const planned = await plan({ ...shared, tokenizer: demoModel, output });
    expect(planned).toMatchObject({ created: true, done: 0, files: planned.parts * 4 });
    await expect(finish({ output, score: COUNT })).rejects.toMatchObject({ code: 'PARTS_MISSING' });
    const worked = await work({ output });
    expect(worked).toMatchObject({ windows: planned.parts, made: { windows: planned.parts, scores: 0 } });
    expect(worked).not.toHaveProperty('scores');
    const found = await status(output);
    expect(found).toMatchObject({ complete: true, windows: { done: planned.parts } });
    expect(found).not.toHaveProperty('scores');
    await finish({ output, score: COUNT, keep: 0.25 });
    expect(filesOf(output, 'export').length).toBeGreaterThan(0);
    expect(filesOf(output, 'windows')).toEqual(filesOf(WITH, 'windows'));
  });

  it.each([
    ['a score of attention', () => select({ output: WITHOUT }), 'MISSING_OPTION', 'score longattn'],
    ['scores', () => score({ output: WITHOUT }), 'MISSING_OPTION', 'windows and no scores'],
    [
      'a model later',
      () => select({ output: WITHOUT, model: demoModel }),
      'INVALID_OPTION',
      'without a model stays so',
    ],
    ['a comparison', () => verify(WITHOUT, { golden: 'golden.arrow' }), 'NOT_SCORED', 'without a model'],
    ['another window', () => run({ output: WITHOUT, score: COUNT, window: 128 }), 'SPEC_CHANGED', 'window'],
  ])('refuses %s by name', async (_, refused, code, message) => {
    await expect(refused()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    ['neither model nor tokenizer', {}, 'MISSING_OPTION', 'give tokenizer instead'],
    ['a score that needs a model', { tokenizer: demoModel, score: 'content' }, 'MISSING_OPTION', 'score content'],
    ['the same in a blend', { tokenizer: demoModel, score: `blend:${COUNT}+ds` }, 'MISSING_OPTION', 'which need none'],
    ['an option of a model', { tokenizer: demoModel, layers: 7 }, 'INVALID_OPTION', 'layers must not be given'],
    [
      ...['a layer in a blend that is not scored', { model: demoModel, score: 'blend:ds@3+gzip' }, 'INVALID_OPTION'],
      'ds of layer 3',
    ],
  ] as [string, Partial<RunOptions>, string, string][])('is not started with %s', async (_, changes, code, message) => {
    const output = path.join(folder, 'never');
    await expect(window({ ...shared, ...changes, output })).rejects.toMatchObject({
      ...{ code, exitCode: 2, message: expect.stringContaining(message) },
    });
    expect(existsSync(output)).toBe(false);
  });

  it('is made from a shell', async () => {
    const output = path.join(folder, 'shell');
    const inputs = [...(shared.input as string[])].flatMap((one) => ['--input', one]);
    const tokenizer = path.join(demoModel, 'tokenizer.json');
    const args = ['run', ...inputs, '--window', '256', '--score', COUNT, '--tokenizer', tokenizer, '-o', output];
    const made = await cli(args);
    expect(made).toMatchObject({ code: 0 });
    expect(filesOf(output, 'windows')).toEqual(filesOf(WITH, 'windows'));
    const shown = await cli(['status', output]);
    expect(shown.stdout).toMatch(/all done[^]*windows/);
    expect(shown.stdout).not.toMatch(/scores/);
  });

  it('reads ready token ids with neither model nor tokenizer', async () => {
    const output = path.join(folder, 'ids');
    const file = path.join(folder, 'ids.jsonl');
    const ids = Array.from({ length: 1024 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 8) % 97);
    writeFileSync(file, `${JSON.stringify({ id: 'a', ids })}\n`);
    await run({ input: file, idsField: 'ids', window: 256, score: COUNT, output });
    const rows = await rowsOf(output);
    expect(rows).toHaveLength(4);
    expect(rows.map(({ score: value }) => value).sort()).toEqual(
      [0, 1, 2, 3].map((at) => lastRecurrence(Int32Array.from(ids.slice(256 * at, 256 * (at + 1))), 2, [64])[0]).sort(),
    );
  });

  it('goes on with the same tokenizer in another folder, and refuses another tokenizer', async () => {
    const output = path.join(folder, 'moved');
    const [before, after, other] = ['before', 'after', 'other'].map((name) => path.join(folder, name));
    for (const dir of [before!, other!]) mkdirSync(dir);
    copyFileSync(path.join(demoModel, 'tokenizer.json'), path.join(before!, 'tokenizer.json'));
    await run({ ...shared, tokenizer: before!, output });
    const made = filesOf(output, 'windows');
    renameSync(before!, after!);
    for (const name of ['part-00000.arrow', 'part-00000.done.json']) rmSync(path.join(output, 'windows', name));
    await run({ output, score: COUNT, tokenizer: after! });
    expect(filesOf(output, 'windows')).toEqual(made);
    const text = readFileSync(path.join(demoModel, 'tokenizer.json'), 'utf8');
    writeFileSync(path.join(other!, 'tokenizer.json'), `${text} `);
    rmSync(path.join(output, 'windows', 'part-00000.done.json'));
    await expect(run({ output, score: COUNT, tokenizer: other! })).rejects.toMatchObject({
      ...{ code: 'SPEC_CHANGED', message: expect.stringContaining('tokenizer') },
    });
  });

  it('has a page', async () => {
    await select({ output: WITHOUT, score: COUNT, keep: 0.25 });
    // By the built command: the page's own code is bundled there.
    expect(await cli(['report', WITHOUT, '--scores', 'gzip'])).toMatchObject({ code: 0 });
    const meta = readFileSync(path.join(WITHOUT, 'report', 'data', 'meta.js'), 'utf8');
    expect(meta).toMatch(/last-recurrence-2[^]*gzip/);
    const asked = await cli(['report', WITHOUT, '--scores', 'content']);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('without a model') });
  });

  it('takes a count that validate chose, with the certificate in its metadata', async () => {
    const output = path.join(folder, 'chosen');
    const config = path.join(folder, 'choice.json');
    const certificate = { sha256: 'c0ffee', tells: true, page: 'worth to this model' };
    const found = { model: { path: 'm', revision: 'r' }, chosen: { score: COUNT, k: 64 }, certificate };
    writeFileSync(config, JSON.stringify({ _found: found, window: 256, score: COUNT }));
    const inputs = [...(shared.input as string[])].flatMap((one) => ['--input', one]);
    const args = ['run', '--config', config, ...inputs, '--tokenizer', demoModel, '-o', output];
    expect(await cli(args)).toMatchObject({ code: 0 });
    expect(filesOf(output, 'windows')).toEqual(filesOf(WITH, 'windows'));
    expect(existsSync(path.join(output, 'scores'))).toBe(false);
    expect(readFileSync(path.join(output, 'selection', 'selection.arrow')).includes('c0ffee')).toBe(true);
  });
});
