import { describe, expect, it } from '@jest/globals';
import { chooseTexts } from '../../src/report/choose-texts.js';
import { WindowTable } from '../../src/selection/window-table.js';
import { TextColumn } from '../../src/arrow/columns.js';

function tableOf(ids: string[], domains: string[]): WindowTable {
  const column = (texts: string[]): TextColumn => {
    const bytes = texts.map((text) => Buffer.from(text));
    const offsets = Int32Array.from([0, ...bytes.map((_, i) => Buffer.concat(bytes.slice(0, i + 1)).length)]);
    return new TextColumn(offsets, Buffer.concat(bytes));
  };
  const table = new WindowTable(ids.length, 8);
  table.append(column(ids), column(domains));
  return table;
}

const ids = Array.from({ length: 100 }, (_, i) => `doc${i}:0`);
const table = tableOf(
  ids,
  ids.map((_, i) => (i < 90 ? 'book' : 'code')),
);
const rank = Int32Array.from(ids, (_, i) => (i < 90 ? i + 1 : i - 89));
const kept = Uint8Array.from(ids, (_, i) => (i < 30 || i === 90 ? 1 : 0));

describe('the windows whose text a page has', () => {
  it('are the best, those at the cut, dropped ones and a sample, each once', () => {
    const chosen = [...chooseTexts(table, rank, kept, 20)];
    expect(new Set(chosen).size).toBe(chosen.length);
    const book = chosen.filter((row) => row < 90);
    expect(book).toHaveLength(20);
    for (const row of [0, 1, 2, 3, 4, 28, 29, 30, 31]) expect(book).toContain(row);
    expect(book.filter((row) => row > 32).length).toBeGreaterThan(4);
  });

  it('are all of a domain that has fewer, in the order of the run', () => {
    const chosen = [...chooseTexts(table, rank, kept, 20)];
    expect(chosen.filter((row) => row >= 90)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
  });

  it('are none where none are wanted', () => {
    expect(chooseTexts(table, rank, kept, 0)).toHaveLength(0);
  });
});
