import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openLog } from '../../src/run/log.js';
import { tempFolder } from '../support/temp-folder.js';

describe('openLog', () => {
  it('gives each process, and each call, a file of JSON lines of its own', () => {
    const folder = tempFolder();
    const [first, second] = [openLog(folder), openLog(folder)];
    expect(first.file).not.toBe(second.file);
    expect(path.dirname(first.file)).toBe(path.join(folder, 'logs'));
    first.write({ event: 'start', text: 'two\nlines' });
    first.write({ event: 'done' });
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    const lines = readFileSync(first.file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), event: 'start', text: 'two\nlines' },
      { time: expect.any(String), event: 'done' },
    ]);
    expect(readFileSync(second.file, 'utf8')).toBe('');
  });

  it('goes quiet where it cannot be written, and once it is closed', () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'logs'), 'a file in the way');
    const log = openLog(folder);
    log.write({ event: 'start' });
    log[Symbol.dispose]();
    expect(existsSync(log.file)).toBe(false);
    const other = openLog(tempFolder());
    other[Symbol.dispose]();
    other.write({ event: 'late' });
    expect(readFileSync(other.file, 'utf8')).toBe('');
  });
});
