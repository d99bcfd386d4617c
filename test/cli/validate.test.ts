// `longattn validate` as a user calls it, with a part of a model: its defaults, its table, and how it goes on.
import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, demoModel, root, temporaryFolder } from '../support/cli.js';
import { makeCorpus } from '../support/corpus.js';

const folder = temporaryFolder();
const output = path.join(folder, 'check');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('longattn validate', () => {
  const inputs = makeCorpus(folder, 5000).flatMap((input) => ['--input', input]);

  it('takes windows of 2,048 tokens and layer 0 of a part of a model, says so, and prints what it found', async () => {
    const made = await cli(['validate', ...inputs, '--model', demoModel, '--windows', '2', '-o', output]);
    expect(made.code).toBe(0);
    expect(made.stderr).toContain('holds a part of the model only: nll-gain is left out');
    expect(made.stdout).toMatch(/longattn@0 \(the paper\)/);
    expect(made.stdout).toMatch(/with shuffled labels: AUC 0\.\d\d/);
    const report = JSON.parse(readFileSync(path.join(output, 'evidence', 'report.json'), 'utf8')) as {
      corpus: { window: number; k: number[] };
      model: { layers: number[] };
    };
    expect(report).toMatchObject({ corpus: { window: 2048, k: [512] }, model: { layers: [0] } });
  });

  it('says that the half for layers and losses is missing before it makes anything', async () => {
    const whole = path.join(root, 'test', 'fixtures', 'models', 'llama');
    writeFileSync(
      path.join(folder, 'ids.jsonl'),
      `${JSON.stringify({ ids: Array.from({ length: 512 }, (_, id) => id % 50) })}\n`,
    );
    const corpus = ['--input', path.join(folder, 'ids.jsonl'), '--ids-field', 'ids', '--window', '64'];
    for (const [command, more] of [
      ['validate', []],
      ['validate', ['--loss', 'none', '--layers', '1']],
      ['run', ['--layers', '1']],
      ['score', ['--layers', '1']],
      ['work', ['--layers', '1']],
    ] as const) {
      const place = path.join(folder, 'without-torch');
      const where = command === 'work' ? [place] : ['-o', place];
      const asked = [command, ...corpus, '--model', whole, ...more, ...where];
      const { code, stderr } = await cli(asked, { LONGATTN_TORCH_ADDON: '/no/such.node' });
      expect({ command, code, stderr }).toEqual({
        command,
        code: 4,
        stderr: expect.stringMatching(/^error: .*TORCH_MISSING\]\n$/),
      });
      expect(existsSync(place)).toBe(false);
    }
  });

  it('goes on without being told the window again, and refuses another one', async () => {
    const again = await cli(['validate', '--windows', '2', '-o', output]);
    expect(again.code).toBe(0);
    const other = await cli(['validate', '--windows', '2', '--window', '1024', '-o', output]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('SPEC_CHANGED')]);
  });
});
