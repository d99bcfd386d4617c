import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gopherShares } from '../../../src/selection/removal/gopher.js';

/** The definitions once more, by strings and places. */
function directly(text: string) {
  const characters = [...text].length;
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const again = lines.filter((line, i) => lines.indexOf(line) < i);
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const top = (n: number): number => {
    const grams = words.slice(0, Math.max(0, words.length - n + 1)).map((_, i) => words.slice(i, i + n).join(' '));
    const count = (gram: string): number => grams.filter((other) => other === gram).length;
    const most = Math.max(0, ...grams.map(count));
    if (most < 2) return 0;
    const gram = grams.find((one) => count(one) === most);
    const inside = words.filter((_, at) => grams.some((one, i) => one === gram && i <= at && at < i + n));
    return [...inside.join('')].length / characters;
  };
  return {
    duplicateLines: lines.length === 0 ? 0 : again.length / lines.length,
    duplicateLineChars: characters === 0 ? 0 : [...again.join('')].length / characters,
    ...{ top2gram: top(2), top3gram: top(3), top4gram: top(4) },
  };
}

describe('gopherShares', () => {
  it('counts a line from its second time on, and the characters in all places of the top n-gram', () => {
    expect(gopherShares('to be\nor not\nto be\n')).toEqual({
      duplicateLines: 1 / 3,
      duplicateLineChars: 5 / 19,
      top2gram: 8 / 19,
      top3gram: 0,
      top4gram: 0,
    });
  });

  it('counts a word once where places overlap', () => {
    expect(gopherShares('ha ha ha')).toMatchObject({ top2gram: 6 / 8, top3gram: 0 });
  });

  it('counts characters, not UTF-16 units, and gives zeros for an empty text', () => {
    expect(gopherShares('\u{1D49C} b \u{1D49C} b').top2gram).toBe(4 / 7);
    expect(Object.values(gopherShares('')).every((value) => value === 0)).toBe(true);
  });

  it('is what its definitions say of any text', () => {
    const text = fc.array(fc.constantFrom('a', 'bb', 'c\u{1F30A}', '\n', '\n\n'), { maxLength: 40 });
    fc.assert(
      fc.property(text, (words) => {
        const found = gopherShares(words.join(' '));
        for (const [name, value] of Object.entries(directly(words.join(' ')))) {
          expect(found[name as keyof typeof found]).toBeCloseTo(value, 12);
        }
      }),
    );
  });
});
