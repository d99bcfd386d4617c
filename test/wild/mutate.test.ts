// Damaged files by seed, in processes of their own: no input ends a process, hangs, or throws without a code.
import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../support/cli.js';

it.each([
  ['corpora', 'mutate-corpus.mjs', 5, '200'],
  ['models and run directories', 'mutate-run.mjs', 8, '200'],
])(
  'damaged files of each kind are read or refused: %s',
  (_, name, kinds, cases) => {
    const script = path.join(root, 'scripts', name);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--cases', cases], { encoding: 'utf8' });
    expect(stdout).not.toContain('WRONG');
    expect({ kinds: stdout.trim().split('\n').length, stderr }).toEqual({ kinds, stderr: '' });
    expect(status).toBe(0);
  },
  900_000,
);
