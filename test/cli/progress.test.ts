// What a person sees while two stages are at work, on a terminal and in a pipe. Lines must survive the bars that are drawn around them.
import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { ProgressPrinter, type LogFormat } from '../../src/cli/progress.js';
import type { ProgressEvent, StageName } from '../../src/base/events.js';

function setUp({ isTTY = false, format = 'text' }: { isTTY?: boolean; format?: LogFormat } = {}) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const clock = { ms: 0 };
  const printer = new ProgressPrinter(format, stream, () => clock.ms);
  const output = (): string => String(stream.read() ?? '');
  return { printer, clock, output };
}

const start = (stage: StageName, parts: number, done = 0): ProgressEvent => ({
  type: 'stage-start',
  stage,
  parts,
  done,
});
const partDone = (stage: StageName, part: number): ProgressEvent => ({ type: 'part-done', stage, part, counts: {} });
const scored = (completed: number, total: number, growing = false): ProgressEvent => ({
  ...{ type: 'progress', stage: 'scores', unit: 'windows', completed, total },
  ...(growing && { growing }),
});

/** The screen after `text`, as a terminal of many lines would show it. */
function screen(text: string): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  // eslint-disable-next-line no-control-regex
  for (const [piece, , count = '', command] of text.matchAll(/(\x1b\[\??(\d*)([A-Za-z]))|[^\x1b]/g)) {
    if (command === 'A') row -= Number(count || 1);
    else if (command === 'G') column = Number(count || 1) - 1;
    else if (command === 'K') lines[row] = count === '2' ? '' : lines[row]!.slice(0, column);
    else if (command === 'J') lines.splice(row, Infinity, lines[row]!.slice(0, column));
    else if (piece === '\n') [row, column] = [row + 1, 0];
    else if (piece === '\r') column = 0;
    else if (command === undefined) {
      lines[row] = lines[row]!.padEnd(column).slice(0, column) + piece + lines[row]!.slice(column + 1);
      column++;
    }
    while (lines.length <= row) lines.push('');
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

describe('progress on a terminal', () => {
  it('is a bar for each stage at work, gone when the stage is done; every line stays', () => {
    const { printer, output } = setUp({ isTTY: true });
    let seen = '';
    const show = (): string[] => screen((seen += output()));
    printer.on(start('windows', 3, 1));
    printer.on(start('scores', 3));
    printer.on(scored(4, 10, true));
    printer.on(partDone('windows', 1));
    printer.on({ type: 'warning', code: 'PART_CHANGED', message: 'it is made again' });
    printer['bars']!.update();
    expect(show()).toEqual([
      'windows: 1 of 3 parts done already',
      'warning: it is made again',
      expect.stringMatching(/^windows +\[=+-+\] 2\/3 parts \| .*ETA/),
      expect.stringMatching(/^scores +\[=+-+\] 4\/10\+ windows \| \d+s$/),
    ]);
    printer.on({ type: 'stage-done', stage: 'windows', counts: { windows: 1234 } });
    printer.on(partDone('scores', 0));
    printer.on(scored(8, 16));
    printer['bars']!.update();
    expect(show().slice(-2)).toEqual([
      'windows: done, 1,234 windows',
      expect.stringMatching(/^scores +\[=+-+\] 8\/16 windows \|/),
    ]);
    printer.on({ type: 'stage-done', stage: 'scores', counts: {} });
    printer.on({
      ...{ type: 'stage-facts', stage: 'scores' },
      facts: { kernel: 'avx2', tableHitRate: 0.9876, tableRows: 30_190, tableBytes: 2 ** 25 },
    });
    expect(show()).toEqual([
      'windows: 1 of 3 parts done already',
      'warning: it is made again',
      'windows: done, 1,234 windows',
      'scores: done',
      'scores: token table: 98.8 % hits, 30,190 rows, 32 MiB',
    ]);
    expect(seen.lastIndexOf('\x1b[?7h')).toBeGreaterThan(seen.lastIndexOf('\x1b[?7l')); // lines wrap again
  });

  it('says one thing in the singular', () => {
    const { printer, output } = setUp({ isTTY: false });
    const counts = { documents: 1, windows: 1_000, rejects: 0, 'bytes fetched': 1, tooShort: 1 };
    printer.on({ type: 'stage-done', stage: 'windows', counts });
    expect(output()).toBe('windows: done, 1 document, 1,000 windows, 0 rejects, 1 byte fetched, 1 too short\n');
  });

  it('leaves the terminal as it was after an error', () => {
    const { printer, output } = setUp({ isTTY: true });
    printer.on(start('windows', 3));
    printer.line('SIGINT: finishing');
    printer.stop();
    const text = output();
    expect(screen(text)).toEqual(['SIGINT: finishing']);
    expect(text.lastIndexOf('\x1b[?7h')).toBeGreaterThan(text.lastIndexOf('\x1b[?7l'));
  });
});

describe('progress in a pipe', () => {
  it('is a line every 30 s of each stage', () => {
    const { printer, clock, output } = setUp();
    printer.on(start('windows', 9));
    printer.on(start('scores', 9));
    printer.on(scored(0, 5, true));
    clock.ms = 30_001;
    printer.on(partDone('windows', 0));
    printer.on(scored(3, 5, true));
    printer.on(scored(4, 5, true));
    clock.ms = 60_003;
    printer.on(scored(5, 5));
    expect(output().split('\n')).toEqual(['windows: 1/9 parts', 'scores: 3/5+ windows', 'scores: 5/5 windows', '']);
  });

  it('is every event as a JSON line on request', () => {
    const { printer, output } = setUp({ format: 'json' });
    printer.on(scored(1, 2, true));
    expect(JSON.parse(output())).toEqual({
      ...{ time: expect.any(String), type: 'progress', stage: 'scores', unit: 'windows' },
      ...{ completed: 1, total: 2, growing: true },
    });
  });
});
