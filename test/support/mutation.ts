// A script of damaged files, 200 a kind: in processes of their own, for no input may end one.
import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './cli.js';

/** Each of `kinds` prints one line; none says WRONG, and nothing is said on stderr. */
export function expectReadOrRefused(script: string, kinds: number): void {
  const file = path.join(root, 'scripts', script);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--cases', '200'], { encoding: 'utf8' });
  expect(stdout).not.toContain('WRONG');
  expect({ kinds: stdout.trim().split('\n').length, stderr }).toEqual({ kinds, stderr: '' });
  expect(status).toBe(0);
}
