import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { shortestUniqueNames } from '../../src/corpus/input-files.js';
import { planInputs } from '../../src/corpus/plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longattn-plan-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
const put = (name: string, content = '{"text":"a"}\n'): string => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
};
const namesOf = async (...patterns: string[]): Promise<string[]> =>
  (await planInputs([{ domain: 'd', patterns }])).files.map((file) => path.relative(folder, file.path));

describe('patterns', () => {
  it('a file, a folder, a glob; sorted, each file once', async () => {
    put('b.jsonl');
    put('sub/a.txt');
    put('sub/deep/c.jsonl.gz');
    expect(await namesOf(at('**/*.jsonl*'), folder, at('b.jsonl'))).toEqual([
      'b.jsonl',
      'sub/a.txt',
      'sub/deep/c.jsonl.gz',
    ]);
    expect(await namesOf(at('sub'))).toEqual(['sub/a.txt', 'sub/deep/c.jsonl.gz']);
    expect(await namesOf(at('*.jsonl'))).toEqual(['b.jsonl']);
  });

  it('a file whose name has the characters of a glob', async () => {
    put('part[1].jsonl');
    put('what?.txt');
    put('set{a,b}/x*.txt');
    expect(await namesOf(at('part[1].jsonl'), at('what?.txt'))).toEqual(['part[1].jsonl', 'what?.txt']);
    expect(await namesOf(at('set{a,b}'))).toEqual(['set{a,b}/x*.txt']);
  });

  it('relative patterns stay relative', async () => {
    put('a.jsonl');
    const relative = path.relative(process.cwd(), folder);
    const { files } = await planInputs([{ domain: 'd', patterns: [path.join(relative, '*.jsonl')] }]);
    expect(files[0]!.path).toBe(path.join(relative, 'a.jsonl'));
    expect(files[0]!.name).toBe('a.jsonl');
  });

  it('the order of inputs does not matter', async () => {
    put('a.jsonl');
    put('b.jsonl');
    const one = { domain: 'x', patterns: [at('a.jsonl')] };
    const two = { domain: 'w', patterns: [at('b.jsonl')] };
    expect(await planInputs([one, two])).toEqual(await planInputs([two, one]));
  });

  it('nothing matched names the pattern', async () => {
    for (const pattern of [at('none.jsonl'), at('*.parquet')]) {
      await expect(namesOf(pattern)).rejects.toMatchObject({
        code: 'INPUT_NOT_FOUND',
        exitCode: 3,
        message: expect.stringContaining(JSON.stringify(pattern)) as unknown as string,
      });
    }
    put('only/readme.md');
    await expect(namesOf(at('only'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });

  it('unknown formats: an error when named, listed as skipped in a folder', async () => {
    put('a.jsonl');
    put('notes.md');
    put('state.json');
    await expect(namesOf(at('notes.md'))).rejects.toMatchObject({ code: 'INPUT_FORMAT' });
    await expect(namesOf(at('*'))).rejects.toMatchObject({ code: 'INPUT_FORMAT' });
    const { files, skipped } = await planInputs([{ domain: 'd', patterns: [folder] }]);
    expect(files.map((file) => file.name)).toEqual(['a.jsonl']);
    expect(skipped).toEqual([at('notes.md'), at('state.json')]);
    expect(await namesOf(at('*.json'))).toEqual(['state.json']);
  });

  it('a file in two domains is an error, also through a link', async () => {
    put('a.jsonl');
    symlinkSync(at('a.jsonl'), at('link.jsonl'));
    for (const second of ['a.jsonl', 'link.jsonl']) {
      const inputs = [
        { domain: 'x', patterns: [at('a.jsonl')] },
        { domain: 'y', patterns: [at(second)] },
      ];
      await expect(planInputs(inputs)).rejects.toMatchObject({ code: 'INPUT_IN_TWO_DOMAINS' });
    }
    expect(await namesOf(at('*.jsonl'))).toHaveLength(1);
  });

  it('a text file needs a domain', async () => {
    await expect(planInputs([{ patterns: [put('a.txt')] }])).rejects.toMatchObject({ code: 'DOMAIN_MISSING' });
  });
});

describe('names', () => {
  it('are the shortest ends of the paths that no other file shares', () => {
    expect(shortestUniqueNames(['x/a.txt', 'y/b.txt'])).toEqual(['a.txt', 'b.txt']);
    expect(shortestUniqueNames(['x/a.txt', 'y/a.txt', 'b.txt'])).toEqual(['x/a.txt', 'y/a.txt', 'b.txt']);
    expect(shortestUniqueNames(['a.txt', 'y/a.txt', '/z/y/a.txt'])).toEqual(['a.txt', 'y/a.txt', 'z/y/a.txt']);
    expect(shortestUniqueNames(['../a/x', 'a/x'])).toEqual(['../a/x', 'a/x']);
  });

  it('are unique for any set of different paths', () => {
    const component = fc.constantFrom('a', 'b', '..', 'c');
    const paths = fc.uniqueArray(fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')));
    fc.assert(fc.property(paths, (all) => expect(new Set(shortestUniqueNames(all)).size).toBe(all.length)));
  });
});

describe('parts', () => {
  const line = `${JSON.stringify({ text: 'x'.repeat(90) })}\n`;

  it('a long file of lines is cut at lines, near the size of a part', async () => {
    put('a.jsonl', line.repeat(100));
    const { parts } = await planInputs([{ domain: 'd', patterns: [folder] }], { partBytes: 1000 });
    let end = 0;
    let number = 1;
    for (const [i, { part, slices }] of parts.entries()) {
      expect(part).toBe(i);
      const slice = slices[0]!;
      if (slice.format !== 'jsonl') throw new Error('not lines');
      expect([slice.range!.start, slice.range!.line]).toEqual([end, number]);
      end = slice.range!.end;
      number += (end - slice.range!.start) / line.length;
    }
    expect(end).toBe(line.length * 100);
    expect(parts.length).toBeGreaterThanOrEqual(9);
  });

  it('small files share a part, a large one has its own', async () => {
    for (let i = 0; i < 10; i++) put(`t${i}.txt`, 'x'.repeat(i === 4 ? 5000 : 300));
    const { parts } = await planInputs([{ domain: 'd', patterns: [folder] }], { partBytes: 1000 });
    expect(parts.map(({ slices }) => slices.length)).toEqual([3, 1, 1, 3, 2]);
  });

  it('a limit that is reached reads no further files', async () => {
    put('a.jsonl', line.repeat(3));
    put('b.jsonl', line.repeat(3));
    const { parts, files } = await planInputs([{ domain: 'd', patterns: [folder] }], { limit: 3 });
    expect(files).toHaveLength(2);
    expect(parts.flatMap(({ slices }) => slices)).toHaveLength(1);
  });

  it('broken and empty files keep their place as refused slices', async () => {
    put('a.arrow', 'ARROW1 and then nothing of the kind');
    put('b.jsonl', '');
    put('c.jsonl');
    const { parts } = await planInputs([{ domain: 'd', patterns: [folder] }]);
    expect(parts[0]!.slices.map((slice) => slice.format)).toEqual(['refused', 'refused', 'jsonl']);
  });

  it('stops on an aborted signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(planInputs([{ domain: 'd', patterns: [put('a.jsonl')] }], { signal })).rejects.toThrow('enough');
  });
});
