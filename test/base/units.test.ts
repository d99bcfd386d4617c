import { describe, expect, it } from '@jest/globals';
import { parseBytes, parseCount, parseFraction, parseIntegerList } from '../../src/base/units.js';

describe('units', () => {
  it('reads shares', () => {
    expect(parseFraction('12.5%')).toBe(0.125);
    expect(parseFraction('.5')).toBe(0.5);
    expect(parseFraction('half')).toBe('half');
  });
  it('reads counts and bytes', () => {
    expect(parseCount('1.5B')).toBe(1.5e9);
    expect(parseCount('12k')).toBe(12_000);
    expect(parseBytes('2GiB')).toBe(2 ** 31);
    expect(parseBytes('2GB')).toBe(2e9);
    expect(parseBytes('2 potatoes')).toBe('2 potatoes');
  });
  it('reads lists of whole numbers, sorted and once each', () => {
    expect(parseIntegerList('7, 0,7')).toEqual([0, 7]);
    expect(parseIntegerList('all')).toBe('all');
  });
});
