// What a user reads where the prebuilt core cannot be loaded; and that a try is made once, in a process of its own.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFault, platformFault, thisMachine } from '../../src/native/addon-fault.js';
import { addonPath } from '../../src/native/addon-paths.js';
import { tryAddon } from '../../src/native/try-addon.js';
import { tempFolder } from '../support/temp-folder.js';

const HERE = { platform: 'linux', arch: 'x64', glibc: '2.36' } as const;

describe('platformFault', () => {
  it('sends Windows to WSL, musl to an image with glibc, and others to a clone', () => {
    expect(platformFault({ platform: 'win32', arch: 'x64', glibc: undefined })).toMatch(/WSL/);
    expect(platformFault({ ...HERE, glibc: undefined })).toMatch(/musl.*Alpine.*glibc/);
    expect(platformFault({ platform: 'darwin', arch: 'arm64', glibc: undefined })).toMatch(/darwin-arm64.*clone/);
    for (const arch of ['x64', 'arm64']) expect(platformFault({ ...HERE, arch })).toBeUndefined();
  });

  it('knows the C library of this process', () => {
    if (process.platform === 'linux') expect(thisMachine().glibc ?? 'musl').toMatch(/^(2\.\d+|musl)$/);
  });
});

describe('loadFault', () => {
  it('names an old glibc, by number and not by text', () => {
    expect(loadFault('Error: version not found', { ...HERE, glibc: '2.17' }, '2.28')).toMatch(
      /glibc 2\.28 or newer.*has 2\.17/,
    );
    expect(loadFault('Error: x', { ...HERE, glibc: '2.9' }, '2.28')).toMatch(/has 2\.9/);
    expect(loadFault('Error: x', { ...HERE, glibc: '2.100' }, '2.28')).toBe('cannot be loaded: Error: x');
  });

  it('names the processor where the process was ended', () => {
    expect(loadFault('SIGILL', HERE, '2.28')).toMatch(/SIGILL.*processor/);
  });
});

describe('tryAddon', () => {
  const before = process.env['LONGATTN_CACHE'];
  afterEach(() => {
    if (before === undefined) delete process.env['LONGATTN_CACHE'];
    else process.env['LONGATTN_CACHE'] = before;
  });

  it('remembers an addon that can be loaded, and no other', () => {
    const folder = tempFolder();
    process.env['LONGATTN_CACHE'] = folder;
    expect(tryAddon(addonPath())).toBeUndefined();
    expect(readdirSync(join(folder, 'tried'))).toHaveLength(1);
    const file = join(folder, 'longattn.node');
    writeFileSync(file, 'not a library');
    expect(tryAddon(file)).toMatch(/^Error: .*longattn\.node/);
    expect(readdirSync(join(folder, 'tried'))).toHaveLength(1);
  });

  it('tells the signal that ended the child', () => {
    const folder = tempFolder();
    process.env['LONGATTN_CACHE'] = folder;
    const file = join(folder, 'dies.js');
    writeFileSync(file, "process.kill(process.pid, 'SIGILL'); setTimeout(() => {}, 10_000);");
    expect(tryAddon(file)).toBe('SIGILL');
  });
});
