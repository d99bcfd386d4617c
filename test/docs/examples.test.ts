// The examples of docs/examples run as they stand, on the Node.js that runs the tests.
import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, temporaryFolder } from '../support/cli.js';
import { madeText } from '../support/corpus.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const RUN = path.join(folder, 'RUN');

function example(name: string, ...args: string[]): string {
  const file = path.join('docs', 'examples', name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: root, encoding: 'utf8' });
  expect({ name, status, stderr: status === 0 ? '' : stderr }).toEqual({ name, status: 0, stderr: '' });
  return stdout;
}

/** In this order: those that choose again need a run. */
const CALLS: [name: string, args: string[], prints: RegExp][] = [
  ['score.mjs', [], /^DS a head 0\.\d{4}( 0\.\d{4}){8} variance [\de.-]+\nDS a head/],
  ['run.mjs', [path.join(folder, 'moby.txt'), RUN], /'book'[\s\S]*RUN\/export\n$/],
  ['select.mjs', [RUN], /'book'/],
  ['register-score.mjs', [RUN], /'book'/],
  [
    'attention.mjs',
    [path.join(folder, 'moby.txt'), path.join(folder, 'attention.arrow')],
    /^layer 0, head 0: token 500 looks most at \d+; .* 0\.\d+\nlayer 0, head 3/,
  ],
];

describe('docs/examples', () => {
  it('has no example that is not run here', () => {
    expect(readdirSync(path.join(root, 'docs', 'examples')).sort()).toEqual(CALLS.map(([name]) => name).sort());
  });

  it.each(CALLS)('%s', (name, args, prints) => {
    writeFileSync(path.join(folder, 'moby.txt'), madeText(9000, 1));
    expect(example(name, ...args)).toMatch(prints);
  });
});
