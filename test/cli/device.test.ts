// A device that is not there: said before anything is read or written, by every command that would use it.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cli, demoModel } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

/** Beyond what any machine has, so that the tests say the same in a CUDA build beside a GPU. */
const ABSENT = 'cuda:9999';

async function textFile(folder: string): Promise<string> {
  const file = join(folder, 'text.txt');
  await writeFile(file, 'It is one thing to have a device and another to name it. '.repeat(40));
  return file;
}

describe('--device that names none of this machine', () => {
  it.each(['run', 'score', 'validate'])('ends %s with 4 before a run directory is made', async (command) => {
    const folder = tempFolder();
    const out = join(folder, 'out');
    const input = ['--input', `book=${await textFile(folder)}`, '--model', demoModel, '--window', '64'];
    const { code, stdout, stderr } = await cli([command, ...input, '--device', ABSENT, '-o', out]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^error: device must not be "cuda:9999": this (build has no CUDA\. Use cpu|machine has)/);
    expect(stderr).toContain('[DEVICE_UNAVAILABLE]');
    expect(existsSync(out)).toBe(false);
  });

  it('is told before inputs and model are looked at', async () => {
    const out = join(tempFolder(), 'out');
    const args = ['--input', 'book=/no/such.txt', '--model', '/no/such/model', '-o', out, '--device', ABSENT];
    const { code, stderr } = await cli(['run', ...args]);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('[DEVICE_UNAVAILABLE]') });
  });

  it('ends attention with 4 and writes no file', async () => {
    const folder = tempFolder();
    const out = join(folder, 'map.arrow');
    const args = ['--model', demoModel, '--input', await textFile(folder), '--device', ABSENT, '-o', out];
    const { code, stderr } = await cli(['attention', ...args]);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('[DEVICE_UNAVAILABLE]') });
    expect(existsSync(out)).toBe(false);
  });

  it('does not keep windows from being cut, which need no device', async () => {
    const folder = tempFolder();
    const input = ['--input', `book=${await textFile(folder)}`, '--model', demoModel, '--window', '64'];
    const { code } = await cli(['window', ...input, '--device', ABSENT, '-o', join(folder, 'out')]);
    expect(code).toBe(0);
  });
});
