// LONGATTN_CPU_KERNEL: a name that is none is the user's mistake, told before a window is scored.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cli, demoModel } from '../support/cli.js';
import { tempFolder } from '../support/temp-folder.js';

describe('LONGATTN_CPU_KERNEL that names no kernel', () => {
  it.each(['run', 'attention'])('ends %s with 2 and the names that are allowed', async (command) => {
    const folder = tempFolder();
    const input = join(folder, 'text.txt');
    await writeFile(input, 'A kernel that nobody wrote cannot be chosen. '.repeat(40));
    const args = ['--model', demoModel, '--input', input, '--window', '64', '-o', join(folder, 'out.arrow')];
    const { code, stderr } = await cli([command, ...args], { LONGATTN_CPU_KERNEL: 'sse9' });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('[INVALID_REQUEST]') });
    expect(stderr).toMatch(
      /error: LONGATTN_CPU_KERNEL must name a kernel that this CPU can run \(.*portable, .*reference\), not sse9\./,
    );
  });
});
