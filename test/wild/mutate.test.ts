// Damaged corpora by seed, in processes of their own: no input ends a process, hangs, or throws without a code.
import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../support/cli.js';

it('200 damaged files of each kind are read or refused', () => {
  const script = path.join(root, 'scripts', 'mutate-corpus.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, '--cases', '200'], { encoding: 'utf8' });
  expect(stdout).not.toContain('WRONG');
  expect(stdout.trim().split('\n')).toHaveLength(5);
  expect(status).toBe(0);
}, 600_000);
