// The page of a run as files: what they hold is the selection's, and the comparison is that of the two files.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSelection } from '../../src/arrow/reader.js';
import { validateRun } from '../../src/evidence/validate-run.js';
import { run, select } from '../../src/pipeline/pipeline.js';
import { report } from '../../src/report/report.js';
import type { PageControlTexts, PageMeta } from '../../src/report/page-data.js';
import { demoModel, temporaryFolder } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { madeText } from '../support/corpus.js';

const folder = temporaryFolder();
const dir = path.join(folder, 'run');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const corpus = path.join(folder, 'corpus.jsonl');
  const lines = Array.from({ length: 12 }, (_, i) => JSON.stringify({ id: `d${i}`, text: madeText(300, i + 1) }));
  writeFileSync(corpus, lines.map((line) => `${line}\n`).join(''));
  await run({ input: [`tale=${corpus}`], model: demoModel, window: 128, keep: '25%', output: dir });
  await select({ output: dir, keep: '25%', alpha: -1, name: 'other' });
});

/** What a data file hands to the page: D("name","kind","text"). */
function data(name: string): { kind: string; text: string } {
  const script = readFileSync(path.join(dir, 'report', 'data', `${name}.js`), 'utf8');
  const [, kind, text] = JSON.parse(`[${script.slice('D('.length, script.lastIndexOf(')'))}]`) as string[];
  return { kind: kind!, text: text! };
}
const bytes = (name: string): Buffer => Buffer.from(data(name).text, 'base64');
const ints = (name: string): number[] => Array.from(new Int32Array(Uint8Array.from(bytes(name)).buffer));

const rowsOf = (name: string) => collect(readSelection(path.join(dir, 'selection', `${name}.arrow`)));

it('holds the ranks of the selection, and those of the one that it is compared with', async () => {
  const [own, other] = [await rowsOf('selection'), await rowsOf('other')];
  const { page, windows } = await report(dir, { against: 'other', texts: 4 });
  expect(page).toBe(path.join(dir, 'report', 'index.html'));
  expect(windows).toBe(own.length);
  expect(ints('rank')).toEqual(own.map((row) => row.rank));
  expect(ints('against_rank')).toEqual(other.map((row) => row.rank));
  expect([...bytes('against_kept')]).toEqual(other.map((row) => (row.selected ? 1 : 0)));
  expect(other.map((row) => row.rank)).not.toEqual(own.map((row) => row.rank));
  expect(JSON.parse(data('meta').text)).toMatchObject({
    compare: { name: 'other', score: 'longattn', missing: 0 },
    texts: { stored: 4, windows: own.length },
  });
});

it('has the mean of each head over all windows, whatever texts it holds', async () => {
  const own = await rowsOf('selection');
  await report(dir, { texts: 1 });
  const { heads } = JSON.parse(data('meta').text) as PageMeta;
  expect(heads).toHaveLength(1);
  const { mean, std } = heads![0]!;
  expect(mean).toHaveLength(9);
  // DS of a window is the mean of its heads.
  const ofAll = own.reduce((sum, row) => sum + row.ds, 0) / own.length;
  expect(mean.reduce((sum, one) => sum + one, 0) / 9).toBeCloseTo(ofAll, 12);
  expect(std.every((one) => one > 0 && one < 0.2)).toBe(true);
});

it('takes another run of the same windows, too', async () => {
  await report(dir, { against: dir, texts: 0 });
  expect(ints('against_rank')).toEqual(ints('rank'));
});

it('says which selections there are where the named one is not', async () => {
  await expect(report(dir, { against: 'nobody' })).rejects.toMatchObject({
    code: 'SELECTION_MISSING',
    message: expect.stringContaining('other, selection'),
  });
});

it('keeps a named selection beside the one without a name', async () => {
  const before = readFileSync(path.join(dir, 'selection', 'selection.arrow'));
  await select({ output: dir, keep: '50%', name: 'more' });
  expect(readFileSync(path.join(dir, 'selection', 'selection.arrow'))).toEqual(before);
  for (const name of ['selection', '../x', 'a.b', ''])
    await expect(select({ output: dir, name })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

it('holds what a validation found, and refuses a folder that is none', async () => {
  const check = path.join(folder, 'check');
  const input = [`tale=${path.join(folder, 'corpus.jsonl')}`];
  const own = { window: 128, layers: 0, loss: 'none', windows: 8, controls: 'splice' } as const;
  const { report: found } = await validateRun({ ...own, input, model: demoModel, output: check });
  await report(dir, { evidence: check, texts: 0 });
  const verdict = { says: expect.any(String), why: expect.stringContaining('longattn') };
  expect(JSON.parse(data('meta').text)).toMatchObject({ evidence: true, scores: [{ name: 'longattn', verdict }] });
  const shown = JSON.parse(data('evidence').text) as typeof found;
  expect(shown).toMatchObject({ advice: found.advice, map: found.map, tells: found.tells, lift: null });
  const { pairs, tokens } = JSON.parse(data('controls').text) as PageControlTexts;
  expect(tokens).toBeGreaterThan(0);
  expect(pairs.map(({ control }) => control)).toEqual(['splice', 'splice', 'splice']);
  expect(new Set(pairs.map(({ id }) => id)).size).toBe(3);
  const corpus = readFileSync(path.join(folder, 'corpus.jsonl'), 'utf8');
  for (const { real, made, domain } of pairs) {
    expect(domain).toBe('tale');
    // Text of the corpus; what it is spliced of stands there too, but not in one piece.
    expect(corpus).toContain(real.trim());
    expect(corpus).toContain(made.trim().split(' ').slice(1, 6).join(' '));
    expect(corpus).not.toContain(made.trim());
  }
  await report(dir, { evidence: check, texts: 0, noText: true });
  expect(JSON.parse(data('controls').text)).toEqual({ tokens: 0, pairs: [], note: expect.stringContaining('without') });
  const moved = path.join(folder, 'moved');
  cpSync(path.join(check, 'evidence'), path.join(moved, 'evidence'), { recursive: true });
  await report(dir, { evidence: moved, texts: 0 });
  expect(JSON.parse(data('controls').text)).toMatchObject({ pairs: [], note: expect.stringContaining('run.json') });
  rmSync(path.join(moved, 'evidence', 'cases'), { recursive: true });
  await report(dir, { evidence: moved, texts: 0 });
  expect(JSON.parse(data('controls').text)).toMatchObject({ pairs: [], note: expect.stringContaining('no windows') });
  const wrong = path.join(folder, 'wrong');
  mkdirSync(path.join(wrong, 'evidence'), { recursive: true });
  for (const text of ['{', '[]', JSON.stringify({ ...found, format: 1 }), JSON.stringify({ ...found, advice: [{}] })]) {
    writeFileSync(path.join(wrong, 'evidence', 'report.json'), text);
    await expect(report(dir, { evidence: wrong })).rejects.toMatchObject({ code: 'EVIDENCE_UNREADABLE' });
  }
  await expect(report(dir, { evidence: path.join(folder, 'none') })).rejects.toMatchObject({
    code: 'EVIDENCE_UNREADABLE',
  });
});

it('carries the licences of the libraries in its script', () => {
  const text = readFileSync(path.join(dir, 'report', 'LICENSES.txt'), 'utf8');
  expect(text).toMatch(/^@observablehq\/plot \d/m);
  expect(text).toMatch(/^d3-array \d/m);
});

it('shows what ranked once, and each other score of one value a window beside it', async () => {
  await select({ output: dir, keep: '25%', score: 'gzip' });
  await report(dir, { scores: ['distinct', 'gzip'], texts: 1 });
  const { columns } = JSON.parse(data('meta').text) as PageMeta;
  expect(columns.map(({ label }) => label)).toEqual(['distinct', 'DS', 'DU', 'share inside verbatim repeats']);
});
