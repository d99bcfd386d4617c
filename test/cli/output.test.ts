// A stdout that takes no more: a reader that has left, a disk that is full.
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from '../support/cli.js';

const longattn = `'${process.execPath}' '${path.join(root, 'dist', 'cli', 'bin.cjs')}'`;
const bash = (script: string) => spawnSync('bash', ['-c', script], { encoding: 'utf8' });

describe('stdout', () => {
  it.each([['doctor --json'], ['--help']])('of %s whose reader has left: 141, without a word', (command) => {
    // The reader is gone before Node has started.
    const { stdout, stderr } = bash(`${longattn} ${command} | true; echo "\${PIPESTATUS[0]}"`);
    expect({ stdout, stderr }).toEqual({ stdout: '141\n', stderr: '' });
  });

  it('on a full disk: an error with its code', () => {
    const { status, stderr } = bash(`${longattn} doctor > /dev/full`);
    expect(stderr).toMatch(/^error: No space is left to write the result to stdout\. .*\[DISK_FULL\]\n$/);
    expect(status).toBe(4);
  });

  it('is told what stderr is not', () => {
    const { status, stdout } = bash(`${longattn} doctor --json 2>&-`);
    expect(JSON.parse(stdout)).toMatchObject({ addon: 'loaded' });
    expect(status).toBe(0);
  });
});
