// The examples that --help prints are commands: each is run as it stands, in a folder with a moby.txt and the bundled model.
import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, temporaryFolder } from '../support/cli.js';
import { madeText } from '../support/corpus.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

function longattn(args: string[]): { status: number | null; stdout: string; stderr: string } {
  const main = path.join(root, 'dist', 'cli', 'main.js');
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
}

/** The commands under "Examples:", without what is said of them in the column beside. */
function examplesOf(...command: string[]): string[][] {
  const { stdout } = longattn([...command, '--help']);
  const [, examples = ''] = stdout.split('Examples:');
  const lines = examples.split('\n').filter((line) => /^\s+longattn /.test(line));
  return lines.map((line) => line.trim().split(/ {2,}/)[0]!.split(' ').slice(1));
}

describe('longattn --version', () => {
  it('is that of this package, whatever project it is called in', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    writeFileSync(path.join(folder, 'package.json'), '{ "name": "another", "version": "9.9.9" }');
    expect(longattn(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });
});

describe('longattn --help', () => {
  it('has examples that run, for the whole and for every stage', () => {
    writeFileSync(path.join(folder, 'moby.txt'), madeText(9000, 1));
    symlinkSync(path.join(root, 'models'), path.join(folder, 'models'));
    const examples = [
      [],
      ['run'],
      ['check'],
      ['window'],
      ['score'],
      ['select'],
      ['export'],
      ['annotate'],
      ['report'],
      ['stats'],
      ['show'],
      ['verify'],
    ].flatMap((command) => {
      const found = examplesOf(...command);
      expect({ command, examples: found.length }).not.toMatchObject({ examples: 0 });
      return found;
    });
    for (const args of examples) {
      const { status, stderr } = longattn(args);
      expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
    }
  });
});
