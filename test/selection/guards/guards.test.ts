import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unitHash } from '../../../src/base/random.js';
import { documentLimit } from '../../../src/selection/guards/document-limit.js';
import { RemovalReport } from '../../../src/selection/removal/removal-report.js';
import { temper } from '../../../src/selection/guards/temper.js';
import { textStatistics } from '../../../src/selection/removal/text-statistics.js';

describe('documentLimit', () => {
  it('never takes more windows of a document than asked for, and refuses none too early', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), fc.integer({ min: 1, max: 4 }), (documents, most) => {
        const limit = documentLimit(most, documents);
        const taken = documents.map((_, window) => {
          const admitted = limit.admits(window);
          if (admitted) limit.take(window);
          return admitted;
        });
        for (const document of new Set(documents)) {
          const windows = taken.filter((_, window) => documents[window] === document);
          expect(windows.filter(Boolean)).toHaveLength(Math.min(most, windows.length));
        }
      }),
    );
  });
});

describe('temper', () => {
  const best = (values: Float64Array): number => values.indexOf(Math.max(...values));

  it('keeps the order at temperature 0', () => {
    expect([...temper(Float64Array.of(3, 1, 2), 0, () => 0.5)]).toEqual([3, 1, 2]);
  });

  it('draws the first window with the chances of a softmax', () => {
    const values = Float64Array.of(0, 1, 2, 3);
    const [center, deviation] = [1.5, Math.sqrt(1.25)];
    const weights = [...values].map((value) => Math.exp((value - center) / deviation / 0.7));
    const total = weights.reduce((a, b) => a + b);
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    for (let seed = 0; seed < draws; seed++) counts[best(temper(values, 0.7, (i) => unitHash(seed, `w${i}`)))]!++;
    counts.forEach((count, i) => {
      const chance = weights[i]! / total;
      // Four standard deviations of a binomial.
      expect(Math.abs(count / draws - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / draws));
    });
  });

  it('is repeated by its seed and does not depend on the order of the windows', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 20 }), (list) => {
        const noise = (i: number): number => unitHash(9, `w${i}`);
        const forward = temper(Float64Array.from(list), 1, noise);
        const backward = temper(Float64Array.from(list.toReversed()), 1, (i) => noise(list.length - 1 - i));
        forward.forEach((value, i) => expect(backward[list.length - 1 - i]).toBeCloseTo(value, 6));
      }),
    );
  });
});

describe('textStatistics', () => {
  it('counts characters, not UTF-16 units', () => {
    expect(textStatistics('ab 12\n\u{1D49C}!')).toMatchObject({
      latin: 2 / 8,
      otherLetters: 1 / 8,
      digits: 2 / 8,
      spaces: 2 / 8,
      symbols: 1 / 8,
      wordLength: 5 / 3,
      lineLength: 4,
    });
    expect(textStatistics('Ж')).toMatchObject({ latin: 0, otherLetters: 1 });
  });

  it('shares add up to 1, and an empty text gives zeros', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        const { latin, otherLetters, digits, spaces, symbols } = textStatistics(text);
        expect(latin + otherLetters + digits + spaces + symbols).toBeCloseTo(1, 9);
        expect(Math.min(latin, digits, spaces)).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(Object.values(textStatistics('')).every((value) => value === 0)).toBe(true);
  });
});

describe('RemovalReport', () => {
  it('says what the cut removes, by length, source and text', () => {
    const report = new RemovalReport(100);
    for (let i = 0; i < 40; i++) {
      const selected = i < 10;
      report.add({
        domain: 'book',
        source: i % 2 === 0 ? 'a.txt' : 'b.txt',
        documentTokens: selected ? 100 : 450,
        selected,
      });
      report.addText('book', selected, textStatistics(selected ? 'words and words' : '12 345 6'));
    }
    const [book] = report.result();
    expect(book).toMatchObject({ domain: 'book', windows: 40, kept: 10 });
    expect(book!.byLength).toEqual([
      { group: '1-2 W', windows: 10, kept: 10, ratio: 4 },
      { group: '4-8 W', windows: 30, kept: 0, ratio: 0 },
    ]);
    expect(book!.bySource.map(({ group, ratio }) => [group, ratio])).toEqual([
      ['a.txt', 1],
      ['b.txt', 1],
    ]);
    const digits = book!.text.find(({ statistic }) => statistic === 'digits')!;
    expect(digits.keptMean).toBe(0);
    expect(digits.removedMean).toBeCloseTo(6 / 8, 12);
    expect(digits.difference).toBeCloseTo(-1 / Math.sqrt(0.75 * 0.25), 6);
  });

  it('lists the largest sources and counts the rest together', () => {
    const report = new RemovalReport(10);
    for (let i = 0; i < 130; i++) {
      for (let n = 0; n <= i % 3; n++)
        report.add({ domain: 'd', source: `s${i}`, documentTokens: 10, selected: i < 65 });
    }
    const [domain] = report.result();
    expect(domain!.bySource).toHaveLength(101);
    expect(domain!.bySource.at(-1)!.group).toBe('30 other sources');
    expect(domain!.bySource.reduce((sum, { windows }) => sum + windows, 0)).toBe(domain!.windows);
    expect(domain!.text).toEqual([]);
  });
});
