// The demo's run on a part of its corpus, checked with the tool's own regression check against pinned scores.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeDemoCorpus } from '../../scripts/lib/demo-corpus.mjs';
import { cli, demoModel, root, temporaryFolder } from '../support/cli.js';

const folder = temporaryFolder();
const run = path.join(folder, 'run');
const golden = path.join(root, 'test', 'fixtures', 'demo-golden.arrow');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const inputs = makeDemoCorpus(path.join('build', 'demo', 'corpus')).filter((input) => !input.startsWith('book='));
  const words = inputs.flatMap((input) => ['--input', input]);
  const made = await cli(['run', ...words, '--model', demoModel, '--window', '1024', '--limit', '4', '--output', run]);
  expect(made.stderr).not.toContain('error');
  expect(made.code).toBe(0);
});

describe('longattn verify', () => {
  it("the demo's scores are those that were pinned", async () => {
    const { code, stdout } = await cli(['verify', run, '--golden', golden]);
    expect(stdout).toMatch(/[1-9]\d* rows compared with .*, 0 beyond 0.00001: equal/);
    expect(code).toBe(0);
  });

  it('writes a golden file that verifies, and ends with 3 when a score differs', async () => {
    const own = path.join(folder, 'own.arrow');
    expect((await cli(['verify', run, '--golden', own, '--update'])).code).toBe(0);
    expect((await cli(['verify', run, '--golden', own])).code).toBe(0);
    const authors = path.join(folder, 'authors');
    const other = ['run', '--input', `code=${path.join(root, 'build/demo/corpus/code.jsonl')}`, '--model', demoModel];
    await cli([...other, '--window', '1024', '--limit', '4', '--rope-theta', '20000', '--output', authors]);
    const { code, stdout } = await cli(['verify', authors, '--golden', own]);
    expect(stdout).toContain('DIFFERENT');
    expect(stdout).toContain('rows only in the golden file');
    expect(code).toBe(3);
  });

  it('says what to do without a golden file', async () => {
    const { code, stderr } = await cli(['verify', run, '--golden', path.join(folder, 'none.arrow')]);
    expect(code).toBe(3);
    expect(stderr).toContain('--update. [GOLDEN_MISSING]');
  });
});
