import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ledger } from '../../src/run/ledger.js';
import { mergeRejects, requireFewRejects, writeRejects } from '../../src/run/rejects.js';
import { tempFolder } from '../support/temp-folder.js';

describe('rejects', () => {
  it('are merged in the order of the parts, whatever order they came in', async () => {
    const dir = tempFolder();
    const ledger = new Ledger(dir, 'hash');
    await writeRejects(ledger, 2, [{ file: 'b.jsonl', line: 1, reason: 'not JSON' }]);
    await writeRejects(ledger, 1, []);
    await writeRejects(ledger, 0, [
      { file: 'a.jsonl', line: 7, reason: 'no text' },
      { file: 'a.jsonl', line: 9, reason: 'ü' },
    ]);
    expect(await mergeRejects(dir, ledger, 3)).toBe(3);
    const lines = readFileSync(path.join(dir, 'rejects.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { file: 'a.jsonl', line: 7, reason: 'no text' },
      { file: 'a.jsonl', line: 9, reason: 'ü' },
      { file: 'b.jsonl', line: 1, reason: 'not JSON' },
    ]);
    expect(await mergeRejects(dir, ledger, 3)).toBe(3);
  });

  it('of an interrupted attempt do not survive', async () => {
    const dir = tempFolder();
    const ledger = new Ledger(dir, 'hash');
    await writeRejects(ledger, 0, [{ file: 'a', line: 1, reason: 'x' }]);
    await writeRejects(ledger, 0, []);
    expect(await mergeRejects(dir, ledger, 1)).toBe(0);
  });

  it('may be as many as the limit says, and not one more', () => {
    const limit = { maxRate: 0.05, rejectsPath: 'RUN/rejects.jsonl' };
    expect(() => requireFewRejects(5, 100, limit)).not.toThrow();
    expect(() => requireFewRejects(0, 0, { ...limit, maxRate: 0 })).not.toThrow();
    expect(() => requireFewRejects(6, 100, limit)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_REJECTS', message: expect.stringContaining('6 of 100 rows') }),
    );
  });
});
