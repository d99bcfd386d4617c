// Selection as a user drives it: guard rails, scores by name, the choice of a validation, a score of the user's own.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeDemoCorpus } from '../../scripts/lib/demo-corpus.mjs';
import { readSelection } from '../../src/arrow/reader.js';
import { select } from '../../src/pipeline/pipeline.js';
import type { SelectionRow } from '../../src/base/records.js';
import type { RunOptions } from '../../src/options/run-options.js';
import { cli, contents, demoModel, root, temporaryFolder } from '../support/cli.js';
import { collect } from '../support/collect.js';

const WINDOW = '256';
const folder = temporaryFolder();
const run = path.join(folder, 'run');
const removal = path.join(run, 'selection', 'removal.json');
let input: string[];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const inputs = makeDemoCorpus(path.join('build', 'demo', 'corpus')).filter((one) => !one.startsWith('book='));
  input = inputs.flatMap((one) => ['--input', one]);
  const made = await cli([
    ...['score', ...input, '--model', demoModel, '--window', WINDOW, '--limit', '3', '--tokens', '-o', run],
  ]);
  expect(made).toMatchObject({ code: 0 });
});

/** In this process: the command of a shell only once or twice, because each start takes a second. */
async function selected(options: Partial<RunOptions> = {}): Promise<SelectionRow[]> {
  await select({ ...options, output: run });
  return collect(readSelection(path.join(run, 'selection', 'selection.arrow')));
}

describe('longattn select', () => {
  it.each([
    ...['longattn', 'longattn-minmax', 'ds', 'du', 'content', 'effective-far', 'gain', 'entropy', 'far-peak'],
    ...['distance', 'law', 'gzip', 'recurrence', 'distinct', 'random', 'blend:content+0.5*recurrence-2'],
  ])('by the score %s', async (score) => {
    const rows = await selected({ score });
    for (const domain of new Set(rows.map((row) => row.domain))) {
      const own = rows.filter((row) => row.domain === domain).sort((a, b) => a.rank - b.rank);
      expect(own.every((row, i) => i === 0 || row.score <= own[i - 1]!.score)).toBe(true);
      expect(own.map((row) => row.selected)).toEqual(own.map((_, i) => i < Math.ceil(own.length / 8)));
    }
  });

  it('--max-per-document keeps at most so many of each', async () => {
    const rows = await selected({ maxPerDocument: '2', keep: '50%' });
    const kept = new Map<string, number>();
    for (const { windowId, selected: taken } of rows) {
      const key = windowId.slice(0, windowId.lastIndexOf(':'));
      if (taken) kept.set(key, (kept.get(key) ?? 0) + 1);
    }
    expect([...kept.values()].every((count) => count === 2)).toBe(true);
    expect(rows.filter(({ reason }) => reason === 'its document has enough windows').length).toBeGreaterThan(0);
  });

  it('--temperature draws, and its seed repeats the draw', async () => {
    const ids = (rows: SelectionRow[]): string[] => rows.filter((row) => row.selected).map((row) => row.windowId);
    const draw = async (seed: `${number}`): Promise<string[]> => ids(await selected({ temperature: '1', seed }));
    const [first, again, other] = [await draw('3'), await draw('3'), await draw('4')];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(other).toHaveLength(first.length);
    expect(ids(await selected())).not.toEqual(first);
  });

  it('--removal-report says what is removed, and a selection without it leaves no old report', async () => {
    const args = [
      '--removal-report',
      '--keep',
      '20%',
      '--score',
      'recurrence',
      '--max-per-document',
      '9',
      '--seed',
      '1',
    ];
    const { stdout } = await cli(['select', '-o', run, ...args]);
    expect(stdout).toContain('What the selection keeps and removes');
    expect(stdout).toMatch(/code +│ wordLength/);
    expect(stdout).toContain(removal);
    const { domains } = JSON.parse(readFileSync(removal, 'utf8')) as { domains: { windows: number }[] };
    expect(domains.every(({ windows }) => windows > 0)).toBe(true);
    const before = contents(path.join(run, 'selection'));
    await cli(['select', '-o', run, ...args]);
    expect(contents(path.join(run, 'selection'))).toEqual(before);
    await selected({ keep: '20%', score: 'recurrence', maxPerDocument: 9 });
    expect(existsSync(removal)).toBe(false);
    const { ['removal.json']: _, ...withoutReport } = before;
    expect(contents(path.join(run, 'selection'))).toEqual(withoutReport);
  });

  it.each([
    [['--max-per-document', '0'], 'maxPerDocument must not be "0". It must be a whole number of windows, at least 1.'],
    [['--temperature', '-1'], 'temperature must not be "-1".'],
    [
      ['--heads', 'auto'],
      'heads must not be "auto" without a choice. Give --config with the file evidence/choice.json',
    ],
    [['--layers', 'auto'], 'layers must not be "auto" without a choice.'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await cli(['select', '-o', run, ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('a score of the user in ten lines', () => {
    const script = path.join(root, 'docs', 'examples', 'register-score.mjs');
    expect(readFileSync(script, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, run], { cwd: root, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/'code'/);
  });
});

describe('the choice of a validation', () => {
  const check = path.join(folder, 'check');
  const choice = path.join(check, 'evidence', 'choice.json');
  const start = (name: string, ...args: string[]) =>
    cli(['run', ...input, '--model', demoModel, '--limit', '2', '-o', path.join(folder, name), ...args]);

  it('is taken by run --config', async () => {
    const args = ['--layers', '0', '--windows', '4', '--loss', 'none', '--limit', '6', '-o', check];
    expect(await cli(['validate', ...input, '--model', demoModel, '--window', WINDOW, ...args])).toMatchObject({
      code: 0,
    });
    const written = JSON.parse(readFileSync(choice, 'utf8')) as {
      score: string;
      _found: { certificate: { sha256: string } };
    };
    expect(written._found).toMatchObject({
      model: { path: demoModel, revision: expect.stringMatching(/^[0-9a-f]{64}$/) },
      corpus: { window: 256, domains: [{ domain: 'code' }, { domain: 'speech' }] },
      // Of 8 windows without losses nothing is known beyond doubt, and the certificate says so.
      chosen: { score: written.score },
      certificate: { tells: false, page: expect.stringContaining('NOT found to say anything') },
    });
    const refused = await start('refused', '--config', choice);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('CHOICE_TELLS_NOTHING')]);
    const made = await start('chosen', '--config', choice, '--force-choice');
    expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
    const card = readFileSync(path.join(folder, 'chosen', 'export', 'README.md'), 'utf8');
    expect(card).toContain(`"score": ${JSON.stringify(written.score)}`);
    expect(card).toContain('"window": "256"');
    expect(card).toContain(`"certificate": "${written._found.certificate.sha256}"`);
    expect(card).toContain('## Certificate of the choice');
  });

  it('is refused by a run with another model, before anything is started', async () => {
    const other = path.join(folder, 'other.json');
    const written = JSON.parse(readFileSync(choice, 'utf8')) as {
      _found: { model: { revision: string }; chosen: object; certificate: { tells: boolean } };
    };
    written._found.model.revision = 'f'.repeat(64);
    written._found.chosen = { score: 'content', layer: [0], heads: 'all', k: 64 };
    written._found.certificate.tells = true;
    writeFileSync(other, JSON.stringify(written));
    const { code, stderr } = await start('fresh', '--config', other);
    expect(stderr).toMatch(
      /choice \(layer 0\) was found on the model .*, revision ffffffffffff; .*CHOICE_OF_ANOTHER_MODEL/,
    );
    expect(code).toBe(2);
    expect(existsSync(path.join(folder, 'fresh', 'run.json'))).toBe(false);
  });
});
