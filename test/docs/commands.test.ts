// Every command line that a page shows names a command that there is, with options that it has.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cli, root } from '../support/cli.js';

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];

/** The words behind `longattn`, up to the end of the code, a comment or the next command of the shell. */
const LINE = /(?<![\w./@-])(?:npx )?longattn ((?:model )?[a-z]+)\b((?: [^\n`#&;|]*)?)/g;

interface Shown {
  page: string;
  command: string;
  flags: string[];
}

/** Only code: what stands in backticks, and blocks, in which a line may go on after a backslash. */
function shownIn(page: string): Shown[] {
  const text = readFileSync(path.join(root, page), 'utf8').replace(/\\\n\s*/g, '');
  const code = [...text.matchAll(/^```(?:sh|bash)?\n(.*?)^```|`([^`\n]+)`/gms)].map(
    ([, block, inline]) => block ?? inline!,
  );
  return code
    .flatMap((one) => [...one.matchAll(LINE)])
    .map(([, command, rest]) => ({
      ...{ page, command: command! },
      flags: [...rest!.matchAll(/(?<=\s)--?[a-zA-Z][\w-]*/g)].map(([flag]) => flag),
    }));
}

const shown = pages.filter((name) => name.endsWith('.md')).flatMap(shownIn);
const commands = [...new Set(shown.map(({ command }) => command))].sort();

describe('commands in the pages', () => {
  it('of npm are scripts of the package', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = pages
      .filter((name) => name.endsWith('.md'))
      .flatMap((page) => [...readFileSync(path.join(root, page), 'utf8').matchAll(/npm run ([\w:-]+)/g)])
      .map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('are found', () => expect(commands).toEqual(expect.arrayContaining(['export', 'model fetch', 'run', 'select'])));

  it.each(commands)('longattn %s', async (command) => {
    const { code, stdout } = await cli([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^longattn ${command}\\b`));
    const known = new Set(stdout.match(/(?<=^|[\s,])--?[a-zA-Z][\w-]*/gm));
    const wrong = shown.filter((one) => one.command === command && one.flags.some((flag) => !known.has(flag)));
    expect(wrong).toEqual([]);
  });
});
