// `longattn stats` and `longattn show` as a user sees them, and what their texts may tell a terminal: nothing.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSelection } from '../../src/arrow/reader.js';
import { heatText } from '../../src/cli/heat-text.js';
import { describeStats } from '../../src/cli/commands/stats.js';
import { show } from '../../src/report/show.js';
import { stats } from '../../src/report/stats.js';
import { cli, demoModel, temporaryFolder } from '../support/cli.js';
import { collect } from '../support/collect.js';
import { madeText } from '../support/corpus.js';

const ESCAPE = '\u001b';
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g');
const folder = temporaryFolder();
const run = path.join(folder, 'run');
const corpus = path.join(folder, 'corpus.jsonl');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const lines = Array.from({ length: 12 }, (_, i) =>
    JSON.stringify({ id: `d${i}`, text: `\u001b[31m\n${madeText(300, i + 1)}` }),
  );
  writeFileSync(corpus, lines.map((line) => `${line}\n`).join(''));
  const words = ['--input', `tale=${corpus}`, '--model', demoModel, '--window', '128', '--tokens', '--keep', '25%'];
  expect(await cli(['run', ...words, '-o', run])).toMatchObject({ code: 0 });
});

const selection = () => collect(readSelection(path.join(run, 'selection', 'selection.arrow')));

describe('longattn stats', () => {
  it('counts every window once, and those that are kept', async () => {
    const rows = await selection();
    const { domains } = await stats(run);
    expect(domains).toHaveLength(1);
    expect(domains[0]!.histograms.map(({ name }) => name)).toEqual([
      'score: longattn',
      'DS',
      'DU',
      'share inside verbatim repeats',
    ]);
    for (const { all, kept } of domains[0]!.histograms) {
      expect(all.reduce((a, b) => a + b, 0)).toBe(rows.length);
      expect(kept.reduce((a, b) => a + b, 0)).toBe(rows.filter((row) => row.selected).length);
      expect(all.every((value, i) => value >= kept[i]!)).toBe(true);
    }
    const [score, ds] = domains[0]!.histograms;
    expect(score!.cut).toBe(Math.min(...rows.filter((row) => row.selected).map((row) => row.score)));
    expect([ds!.from, ds!.to]).toEqual([
      Math.min(...rows.map((row) => row.ds)),
      expect.closeTo(Math.max(...rows.map((row) => row.ds))),
    ]);
  });

  it('prints a line for all and one for what is kept, and JSON', async () => {
    const printed = await cli(['stats', run]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toBe(`${describeStats(await stats(run))}\n`);
    expect(printed.stdout.match(/\|[ ▁▂▃▄▅▆▇█]{32}\|/g)).toHaveLength(8);
    expect(JSON.parse((await cli(['stats', run, '--json'])).stdout)).toEqual(await stats(run));
  });

  it('says what is missing where there is no run', async () => {
    const { code, stderr } = await cli(['stats', folder]);
    expect(code).toBe(3);
    expect(stderr).toContain('[RUN_MISSING]');
  });
});

describe('longattn show', () => {
  it('prints a window without colours into a pipe, and its control characters as signs', async () => {
    const row = (await selection()).find(({ windowId }) => windowId.endsWith(':0'))!;
    const { code, stdout } = await cli(['show', run, row.windowId]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).toContain('␛[31m\n');
    expect(stdout).toContain(`${row.selected ? 'kept' : `not kept: ${row.reason}`}; rank ${row.rank} of`);
  });

  it('has the far mass of every token on its own text', async () => {
    const [row] = await selection();
    const { text, tokens, numbers, heads } = await show(run, row!.windowId);
    const document = JSON.parse(readFileSync(corpus, 'utf8').split('\n')[0]!) as { text: string };
    expect(document.text.startsWith(text)).toBe(true);
    expect(tokens!.far).toHaveLength(128);
    expect(tokens!.starts).toHaveLength(129);
    expect(tokens!.starts.at(-1)).toBe(text.length);
    expect(numbers.find(({ name }) => name === 'DS')!.value).toBe(row!.ds);
    expect(heads!.reduce((a, b) => a + b, 0) / heads!.length).toBeCloseTo(row!.ds, 12);
  });

  it('names a window that is not there', async () => {
    const { code, stderr } = await cli(['show', run, 'nobody:0']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/"nobody:0" is no window of this run.*\[WINDOW_UNKNOWN\]/);
  });

  it('shows the numbers of a window whose text is gone', async () => {
    const [row] = await selection();
    const text = readFileSync(corpus);
    rmSync(corpus);
    try {
      expect(await show(run, row!.windowId)).toMatchObject({
        text: '',
        noText: expect.stringContaining('corpus.jsonl'),
      });
    } finally {
      writeFileSync(corpus, text);
    }
  });
});

describe('heatText', () => {
  const text = 'ab\u001b]0;x\u0007\ncd';
  const tokens = { far: Float32Array.of(0, 1, 1, 0.5), starts: Int32Array.of(0, 2, 9, 10, text.length) };

  it('is the text, whatever the colours', () => {
    const bare = 'ab␛]0;x␇\ncd';
    expect(heatText({ text, tokens }, false)).toBe(bare);
    const coloured = heatText({ text, tokens }, true);
    expect(coloured.replace(COLOUR, '')).toBe(bare);
    expect(coloured.startsWith(`ab${ESCAPE}[30;48;5;208m`)).toBe(true);
    expect(coloured).toContain(`${ESCAPE}[0m\n`);
    expect(coloured.endsWith('\u001b[0m')).toBe(true);
  });
});
