import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TextColumn } from '../../src/arrow/columns.js';
import { TextStore } from '../../src/selection/text-store.js';

function columnOf(texts: readonly string[]): TextColumn {
  const bytes = texts.map((text) => Buffer.from(text));
  const offsets = new Int32Array(texts.length + 1);
  bytes.forEach((text, i) => (offsets[i + 1] = offsets[i]! + text.length));
  return new TextColumn(offsets, Buffer.concat(bytes));
}

describe('TextStore', () => {
  it('gives texts back and orders them by code points', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2 }), (texts) => {
        const store = new TextStore();
        const column = columnOf(['not this', ...texts]);
        store.appendRows(
          column,
          texts.map((_, i) => i + 1),
        );
        expect(texts.map((_, i) => store.get(i))).toEqual(texts);
        expect(Math.sign(store.compare(0, 1))).toBe(Buffer.compare(Buffer.from(texts[0]!), Buffer.from(texts[1]!)));
      }),
    );
  });

  it('hands out the texts of any rows, across the batches that they came in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 })),
        fc.nat(),
        fc.nat(),
        (lists, a, b) => {
          const store = new TextStore();
          for (const list of lists) store.append(columnOf(list));
          const texts = lists.flat();
          expect(store.length).toBe(texts.length);
          const [first, end] = [a % (texts.length + 1), b % (texts.length + 1)].sort((x, y) => x - y);
          const { offsets, bytes } = store.column(first!, end!);
          const column = new TextColumn(offsets, bytes);
          expect(Array.from({ length: end! - first! }, (_, i) => column.get(i))).toEqual(texts.slice(first, end));
          expect(texts.map((_, i) => store.get(i))).toEqual(texts);
        },
      ),
    );
  });
});
