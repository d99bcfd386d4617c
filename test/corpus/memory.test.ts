// Memory of reading, measured in a process of its own on the built library.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../support/cli.js';

const MIB = 1 << 20;
const LINES = 2000;
/** Node itself, and buffers that wait for their collection; the promise is a 10 GB file in under 1 GB. */
const PEAK = 450 * MIB;

const READER = `
  const { planInputs } = await import('./dist/corpus/plan.js');
  const { readSlices } = await import('./dist/corpus/read-slices.js');
  const result = { documents: 0, units: 0, rejects: [] };
  const { parts } = await planInputs([{ domain: 'd', patterns: [process.argv[1]] }]);
  for (const { slices } of parts) {
    for await (const document of readSlices(slices, {}, { onReject: (reject) => result.rejects.push(reject) })) {
      result.documents++;
      result.units += document.text.length;
    }
  }
  // Not resourceUsage(): its peak is handed down by the process that started this one.
  const status = (await import('node:fs')).readFileSync('/proc/self/status', 'utf8');
  console.log(JSON.stringify({ ...result, peak: /VmHWM:\\s+(\\d+)/.exec(status)[1] * 1024 }));
`;

interface Result {
  documents: number;
  units: number;
  rejects: { line: number; reason: string }[];
  peak: number;
}

function read(file: string): Result {
  const args = ['--max-old-space-size=64', '--input-type=module', '--eval', READER, file];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as Result;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'longattn-memory-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('memory does not grow with the file', () => {
  const text = 'All that most maddens and torments. '.repeat(2900);
  const line = `${JSON.stringify({ text })}\n`;

  it('200 MB of JSON lines', () => {
    const file = path.join(folder, 'a.jsonl');
    const out = openSync(file, 'w');
    for (let i = 0; i < LINES; i++) writeSync(out, line);
    closeSync(out);
    const { documents, units, peak } = read(file);
    expect([documents, units]).toEqual([LINES, LINES * text.length]);
    expect(peak).toBeLessThan(PEAK);
  });

  it('200 MB of JSON lines in a gzip file', () => {
    const file = path.join(folder, 'b.jsonl.gz');
    const member = gzipSync(line.repeat(LINES / 20));
    writeFileSync(file, Buffer.concat(Array.from({ length: 20 }, () => member)));
    const { documents, units, peak } = read(file);
    expect([documents, units]).toEqual([LINES, LINES * text.length]);
    expect(peak).toBeLessThan(PEAK);
  });

  it('half a gigabyte without a line end is refused, with no more than the longest line that is allowed in memory', () => {
    const file = path.join(folder, 'c.jsonl');
    writeFileSync(file, line);
    truncateSync(file, 512 * MIB);
    const { documents, rejects, peak } = read(file);
    expect(documents).toBe(1);
    expect(rejects).toMatchObject([{ line: 2, reason: 'the line is longer than 256 MiB' }]);
    expect(peak).toBeLessThan(600 * MIB);
  });
});
