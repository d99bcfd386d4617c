import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cli, demoModel, root } from '../support/cli.js';
import { FileServer } from '../support/file-server.js';
import { tempFolder } from '../support/temp-folder.js';

const README = path.join(root, 'README.md');

const attention = (...args: string[]) => cli(['attention', '--model', demoModel, ...args]);

describe('longattn attention', () => {
  it('writes a map of every head, and says what is in the file', async () => {
    const output = path.join(tempFolder(), 'map.arrow');
    const { code, stdout, stderr } = await attention('--input', README, '--window', '500', '-o', output);
    expect([code, stderr]).toEqual([0, 'attention: done, 500 tokens, 1 layer, 9 heads\n']);
    expect(stdout).toContain('tensor<float32>[256,256]');
    expect(stdout).toContain(`${output}: 9 records (1 layer), a window of 500 tokens`);
    expect(existsSync(output)).toBe(true);
  });

  it('takes ids as a list or a file, and prints JSON', async () => {
    const folder = tempFolder();
    const output = path.join(folder, 'rows.arrow');
    writeFileSync(path.join(folder, 'ids.json'), '[1, 2, 3, 4, 5]');
    for (const ids of ['1,2,3,4,5', path.join(folder, 'ids.json')]) {
      const args = ['--ids', ids, '--heads', 'mean', '--rows', '4,0', '--map', '-o', output, '--json'];
      const { code, stdout } = await attention(...args);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        output,
        tokens: 5,
        rows: [0, 4],
        blocks: 5,
        records: [{ layer: 0, head: 'mean' }],
        columns: { map: 'tensor<float32>[5,5]', rows: 'tensor<float32>[2,5]' },
      });
    }
  });

  it('takes a text from a server as from a disk, and says where there is none', async () => {
    const server = await new FileServer().start();
    try {
      const address = server.address('moby.txt', 'Call me Ishmael. '.repeat(50));
      const output = path.join(tempFolder(), 'map.arrow');
      expect(await attention('--input', address, '-o', output)).toMatchObject({ code: 0 });
      expect(existsSync(output)).toBe(true);
      const { code, stderr } = await attention('--input', server.address('none.txt'), '-o', output);
      expect([code, stderr]).toEqual([3, expect.stringContaining('none.txt is not there')]);
    } finally {
      await server.stop();
    }
  });

  it('has help whose examples run', async () => {
    const { code, stdout } = await cli(['attention', '--help']);
    expect(code).toBe(0);
    const folder = tempFolder();
    const examples = [
      ...stdout.replaceAll(/\s+/g, ' ').matchAll(/longattn (attention --model \S+ .*? -o) (\S+\.arrow)/g),
    ];
    expect(examples).toHaveLength(2);
    for (const [, args, output] of examples) {
      const written = path.join(folder, output!);
      expect((await cli([...args!.split(' '), written])).code).toBe(0);
      expect(existsSync(written)).toBe(true);
    }
  });

  it.each([
    [['--input', README], 2, 'MISSING_OPTION'],
    [['-o', 'x'], 2, 'MISSING_OPTION', 'input or ids is missing. Give one of them: --input FILE'],
    [['--input', README, '--ids', '1', '-o', 'x'], 2, 'MISSING_OPTION'],
    [['--input', README, '--heads', 'first', '-o', 'x'], 2, 'INVALID_OPTION'],
    [['--input', README, '--rows', '99999', '-o', 'x'], 2, 'INVALID_OPTION'],
    [['--input', README, '--map', '0', '-o', 'x'], 2, 'INVALID_OPTION'],
    [['--input', README, '--rows', '1', '--rows', '2', '-o', 'x'], 2, 'INVALID_OPTION'],
    [['--input', '/no/such/file', '-o', 'x'], 3, 'FILE_MISSING'],
    [['--ids', README, '-o', 'x'], 3, 'TOKEN_ID'],
    [['--ids', '1,99999', '-o', 'x'], 3, 'TOKEN_ID'],
    [['--ids', '1,2', '-o', '/no/such/folder/x'], 4, 'NOT_WRITABLE'],
  ] as [string[], number, string, string?][])(
    'ends with the exit code of the error: %j',
    async (args, expected, name, what = '') => {
      const { code, stdout, stderr } = await attention(...args);
      expect([code, stdout]).toEqual([expected, '']);
      expect(stderr).toContain(`[${name}]`);
      expect(stderr).toContain(what);
    },
  );
});
